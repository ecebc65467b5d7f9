// What every page carries. Each part looks for its own marks in the page and does nothing without them;
// every page works, a little less comfortably, when none of this runs.
import "bootstrap/js/src/collapse.js";
import "bootstrap/js/src/dropdown.js";
import "bootstrap/js/src/offcanvas.js";

import { askBeforeActs } from "./ask.js";
import { copyOnClick } from "./copy.js";
import { printOnClick } from "./print.js";
import { keepDraftOverLanguages } from "./draft.js";
import { closeFlashes, focusFirstError, sendFiltersAtOnce, sendOnce } from "./forms.js";
import { followWork } from "./progress.js";
import { tellTimes } from "./times.js";
import { offerThemes } from "./themes.js";

keepDraftOverLanguages();
askBeforeActs();
sendOnce();
sendFiltersAtOnce();
focusFirstError();
closeFlashes();
copyOnClick();
printOnClick();
offerThemes();
tellTimes();
followWork();
