"""JSON as the API accepts it."""

from rest_framework.parsers import JSONParser


class StrictJSONParser(JSONParser):
    """JSON without NaN or Infinity."""

    strict = True
