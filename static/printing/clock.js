// A worker that only beats: a browser slows down the timers of a page that lies behind another window, but not these.
setInterval(() => postMessage("beat"), 2000);
