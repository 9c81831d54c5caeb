"""A visitor without a browser who calls a page of the dashboard again as soon as it is done.

The page's script then runs all the while, as it does while a coach works at the desk, and no
browser draws what comes of it.
"""

import threading
from types import TracebackType
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect


class Busy:
    """Keeps one page's script running while the block runs.

    Parameters
    ----------
    url
        The dashboard's address, with a slash at its end.
    page
        Name of the page in the address.
    """

    def __init__(self, url: str, page: str) -> None:
        self._url = url.replace("http", "ws", 1) + "_stcore/stream"
        self._ask = BackMsg(rerun_script=ClientState(page_name=page)).SerializeToString()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._visit)
        self.runs = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _visit(self) -> None:
        options = {"max_size": None, "compression": None, "proxy": None}
        with connect(self._url, subprotocols=["streamlit"], **options) as socket:  # type: ignore[arg-type]
            while not self._over.is_set():
                socket.send(self._ask)
                if not self._finished(socket):
                    return
                self.runs += 1

    @staticmethod
    def _finished(socket: ClientConnection) -> bool:
        """Wait until the script has run to its end; False when the server is gone."""
        try:
            while True:
                message = ForwardMsg.FromString(socket.recv())  # type: ignore[arg-type]
                if message.WhichOneof("type") == "script_finished":
                    return True
        except ConnectionClosed:
            return False
