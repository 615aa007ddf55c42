"""LibreOffice, run without a window."""

import os
import shutil
import subprocess
from pathlib import Path


def saved_by_libreoffice(workbook: Path, form: str, folder: Path) -> Path:
    """Let LibreOffice open a workbook and save it in another form, such as ods; give the file."""
    found = shutil.which("soffice")
    assert found, "soffice is not here: `make clients-all` installs LibreOffice (with apt-get), and this test needs it"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    order = [found, profile, "--headless", "--convert-to", form, "--outdir", str(folder), str(workbook)]
    subprocess.run(order, check=True, capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    return folder / f"{workbook.stem}.{form.partition(':')[0]}"
