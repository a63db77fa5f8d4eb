"""The page on which people sign in: no script, nothing from elsewhere, light and dark."""

import base64
import hashlib
from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --paper: #fcfcfd; --card: #fff;
  --line: #d9d9e0; --lead: #3e63dd; --bad: #ce2c31; --bad-paper: #fff1f1; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #b0b4ba; --paper: #111113;
  --card: #18191b; --line: #363a3f; --lead: #5472e4; --bad: #ff9592; --bad-paper: #2a1314; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 26rem; padding: 2rem 1.75rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px; }
h1 { margin: 0 0 .25rem; font-size: 1.4rem; }
p { margin: 0 0 1.25rem; color: var(--soft); overflow-wrap: anywhere; }
label { display: block; margin-bottom: .35rem; font-weight: 600; }
input[type=password] { width: 100%; padding: .65rem .75rem; font: inherit; color: inherit;
  background: var(--paper); border: 1px solid var(--line); border-radius: 8px; }
button { width: 100%; margin-top: 1rem; padding: .7rem; font: inherit; font-weight: 600;
  color: #fff; background: var(--lead); border: 0; border-radius: 8px; cursor: pointer; }
button.quiet { color: var(--ink); background: transparent; border: 1px solid var(--line); }
a { color: inherit; }
:focus-visible { outline: 3px solid var(--lead); outline-offset: 2px; }
.wrong { padding: .65rem .75rem; color: var(--bad); background: var(--bad-paper);
  border-radius: 8px; }
.help { margin: 1.25rem 0 0; font-size: .9rem; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
"""

_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trellis</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Trellis</h1>
{content}
</main>
</body>
</html>
"""

_ASKING = """<p>Sign in to see what runs, and to change it.</p>
{wrong}<form method="post" action="/sign-in">
<input type="hidden" name="next" value="{next}">
<label for="token">Your token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Sign in</button>
</form>
<p class="help">An administrator makes one for you with <code>trellis token create NAME</code>.
Whoever runs Trellis finds the first one where <code>trellis up</code> says, or opens this page
signed in with <code>trellis open</code>.</p>"""

_GOING_ON = """<p>Go on as <strong>{actor}</strong>, who made this link.</p>
<form method="post" action="/sign-in">
<input type="hidden" name="next" value="{next}">
<input type="hidden" name="code" value="{code}">
<button autofocus>Sign in</button>
</form>"""


_LEAVING = """<p>Everywhere means every browser that you have signed in with.</p>
<form method="post" action="/sign-out">
<button autofocus>Sign out here</button>
</form>
<form method="post" action="/sign-out">
<input type="hidden" name="everywhere" value="1">
<button class="quiet">Sign out everywhere</button>
</form>
<p class="help"><a href="/">Stay signed in</a></p>"""


def page_to_leave() -> str:
    """Ask whether to sign out here, or everywhere."""
    return _page(_LEAVING)


def page_with_token(next_path: str, *, wrong: str | None = None) -> str:
    """Ask for a token; `wrong` says why the last one opened nothing."""
    said = f'<p class="wrong" role="alert">{escape(wrong)}</p>\n' if wrong else ""
    return _page(_ASKING.format(wrong=said, next=escape(next_path, quote=True)))


def page_with_link(next_path: str, *, code: str, actor: str) -> str:
    """Ask whether to go on as somebody, so that no link signs anybody in by itself."""
    name = actor.partition(":")[2] or actor
    filled = {"actor": escape(name), "code": escape(code), "next": escape(next_path, quote=True)}
    return _page(_GOING_ON.format(**filled))


def _page(content: str) -> str:
    return _PAGE.format(style=_STYLE, content=content)
