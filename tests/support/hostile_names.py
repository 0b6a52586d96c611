"""Names that people could send to lead a program astray: sixty of them (SECURITY.md section 5)."""

from __future__ import annotations

from typing import Final

TRAVERSAL: Final = (
    "../../etc/passwd",
    "..\\..\\windows\\system32\\cmd.exe",
    "%2e%2e%2fetc%2fpasswd",
    "..%2f..%2fetc",
    "..%5c..%5cboot.ini",
    "%252e%252e%252f",
    "....//....//etc",
    "..;/admin",
    "a/../../b.mov",
    "\u2025/\u2025/etc",
)
PLACES: Final = (
    "/etc/shadow",
    "//server/share/a.mov",
    "\\\\server\\share\\a.mov",
    "C:\\autoexec.bat",
    "C:a.mov",
    "http://evil.example/a.mov",
    "file:///etc/passwd",
    "~root/.ssh/id_rsa",
)
LOOKALIKES: Final = (
    "-rf",
    "--version",
    "$(reboot).mov",
    "`reboot`.mov",
    "a;reboot;.mov",
    "a|b&c.mov",
    "%d.mov",
    "%s%n%x.mov",
    "concat:a|b.mov",
    "pipe:0",
    "a*b?.mov",
    "!history.mov",
    "'; DROP TABLE assets; --.mov",
)
DEVICES: Final = ("CON", "con.mov", "PRN.txt", "AUX", "NUL.mov", "COM1.mov", "LPT9", "com¹.mov")
ENDS: Final = (".", "..", "...", ".hidden", "name.", "name ", " name", ".mov", " ", "")
SIGNS: Final = (
    "invoice\u202egpj.exe",
    "a\u200bb\u200d.mov",
    "caf\u00e9.mov",
    "cafe\u0301.mov",
    "\U0001f3ac\U0001f469\u200d\U0001f4bb.mov",
    "n" * 10_000,
    "\u00fc" * 300 + ".mov",
    "\ufeffbom.mov",
    "日本語の映像.mov",
)
MARKUP: Final = (
    'a"b.mov',
    'a"; filename="b.exe',
    "a.mov; filename*=UTF-8''b.exe",
    "<script>alert(1)</script>.mov",
    "a\r\nSet-Cookie: x=1.mov",
    "a\x1b[2Jb.mov",
    "a:b",
    "a\x00.mov",
    "a\udc80\udcff.mov",
    "a\u2028b.mov",
)

HOSTILE_NAMES: Final = (
    *TRAVERSAL,
    *PLACES,
    *LOOKALIKES,
    *DEVICES,
    *ENDS,
    *SIGNS,
    *MARKUP,
)
