"""Strict configuration: the file of ``--config``, and the web configuration file that is handed to http.

Nothing is read from the environment. What follows from a setting belongs to who is handed it.
"""

from holdfast.settings.document import Problem, SettingsError
from holdfast.settings.load import load_settings, load_web_settings
from holdfast.settings.models import Known, Settings
from holdfast.settings.schema import settings_schema
from holdfast.settings.web import WebSettings

__all__ = [
    "Known",
    "Problem",
    "Settings",
    "SettingsError",
    "WebSettings",
    "load_settings",
    "load_web_settings",
    "settings_schema",
]
