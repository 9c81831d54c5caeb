"""Streamlit's command line, with bounds on what strangers may take of its server.

``python serve.py run app.py …`` is ``streamlit run app.py …``. Streamlit makes its server itself
and takes no protocol from us; this is the one that the server looks up when it starts, which is
before the app is loaded.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from streamlit.web.cli import main
from uvicorn.config import HTTP_PROTOCOLS

from imuhip.live.bounds import BoundedProtocol, bound_log

HTTP_PROTOCOLS["auto"] = f"{BoundedProtocol.__module__}:{BoundedProtocol.__qualname__}"
bound_log()

if __name__ == "__main__":
    main(prog_name="streamlit")
