from flask import Blueprint

bp = Blueprint("registrations_staff", __name__, url_prefix="/desk/registrations")
