"""Tests of mm calibrate."""
