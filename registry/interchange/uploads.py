"""Uploads above the limit are refused before the first byte of them is kept."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

#: Room for the names and fields around the files.
_ROOM = 1024**2


class RefuseLarge(FileUploadHandler):
    """Stands before the handlers that keep what comes; takes nothing itself."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        if content_length > settings.IMPORT_MAX_BYTES + _ROOM:
            raise RequestDataTooBig("The upload is larger than accepted.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
