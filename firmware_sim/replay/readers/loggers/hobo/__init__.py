"""Exports of HOBOware and HOBOconnect: headers in any language say what, in which unit, by which sensor."""
