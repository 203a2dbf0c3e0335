"""The consent page: which account, which permissions, Allow or Cancel."""

from html import escape

MEANINGS = {
    "https://mail.google.com/": "Read, compose, send and delete all your email",
    "https://www.googleapis.com/auth/gmail.modify": "Read, compose and send emails",
    "https://www.googleapis.com/auth/gmail.compose": "Manage drafts and send emails",
    "https://www.googleapis.com/auth/gmail.send": "Send email on your behalf",
    "https://www.googleapis.com/auth/gmail.readonly": "View your email messages and settings",
    "https://www.googleapis.com/auth/gmail.metadata": "View your email's metadata such as labels and headers",
    "https://www.googleapis.com/auth/gmail.labels": "See and edit your email labels",
    "https://www.googleapis.com/auth/gmail.settings.basic": "See and change your basic mail settings",
    "https://www.googleapis.com/auth/userinfo.email": "See your email address",
    "openid": "Associate you with your personal info",
    "email": "See your email address",
    "profile": "See your personal info",
}
CARRIED = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "access_type",
    "prompt",
    "code_challenge",
    "code_challenge_method",
)
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  background: light-dark(#f0f4f9, #1e1f20); }
main { width: min(28rem, calc(100vw - 2rem)); box-sizing: border-box; padding: 2rem; border-radius: 1.5rem;
  background: light-dark(#fff, #0e0e0e); }
h1 { font-size: 1.5rem; font-weight: 500; line-height: 1.25; margin: .75rem 0 1.25rem; text-wrap: balance; }
.mark { display: flex; gap: .25rem; } .mark i { width: .75rem; height: .75rem; border-radius: 50%; }
label { display: block; font-size: .875rem; margin-bottom: .25rem; }
input[type=email] { width: 100%; box-sizing: border-box; font: inherit; padding: .625rem .75rem;
  border: 1px solid light-dark(#747775, #8e918f); border-radius: .5rem; background: none; color: inherit; }
ul { padding-left: 1.25rem; margin: 1rem 0; } li { margin: .375rem 0; }
footer { display: flex; justify-content: flex-end; gap: .5rem; margin-top: 1.75rem; }
button { font: inherit; font-weight: 500; padding: .5rem 1.5rem; border-radius: 9rem; cursor: pointer;
  border: 1px solid transparent; }
button:focus-visible, input:focus-visible { outline: 2px solid #0b57d0; outline-offset: 2px; }
.allow { background: light-dark(#0b57d0, #a8c7fa); color: light-dark(#fff, #062e6f); }
.cancel { background: none; border-color: light-dark(#747775, #8e918f); color: light-dark(#0b57d0, #a8c7fa); }
small { display: block; margin-top: 1.5rem; color: light-dark(#444746, #c4c7c5); }
"""
MARK = "".join(
    f'<i style="background:{colour}"></i>' for colour in ("#4285f4", "#ea4335", "#fbbc04", "#34a853")
)


def page(query: dict[str, str], chosen: str, known: list[str]) -> str:
    """The page for this request; every value of it is escaped."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(query[name])}">'
        for name in CARRIED
        if name in query
    )
    wishes = "".join(f"<li>{escape(MEANINGS.get(scope, scope))}</li>" for scope in query["scope"].split())
    options = "".join(f'<option value="{escape(address)}">' for address in known)
    return _html(
        "Sign in – sandbox accounts",
        f"""<h1>Rainmaker wants access to your mailbox</h1>
<form method="post" action="/google/auth">{hidden}
<label for="account">Account</label>
<input id="account" name="account" type="email" required list="known" autocomplete="off"
  value="{escape(chosen)}">
<datalist id="known">{options}</datalist>
<ul>{wishes}</ul>
<footer><button class="cancel" name="decision" value="deny" formnovalidate>Cancel</button>
<button class="allow" name="decision" value="allow">Allow</button></footer></form>
<small>This is the sandbox's own account server. No real mailbox is involved.</small>""",
    )


def problem_page(code: str) -> str:
    return _html(
        "Access blocked", f"<h1>Access blocked: the request is invalid</h1><p>Error 400: {escape(code)}</p>"
    )


def _html(title: str, content: str) -> str:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>
<body><main><div class="mark" aria-hidden="true">{MARK}</div>{content}</main></body></html>"""
