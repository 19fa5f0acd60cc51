"""From what Django's checks say to findings: the line that sets the setting, the branch it holds on, how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from djaws.engines.django_world import Leaf, of_production
from djaws.finding import Confidence, Finding, Location, Related, Span, Undecided
from djaws.model.django.infer import Place
from djaws.model.django.operations import is_unset
from djaws.model.django.settings import Settings
from djaws.model.value import ALWAYS, Alternative, Guard, Seq


@dataclass(frozen=True)
class Message:
    """What one check says: its id, its text with the hint, and the setting it is about."""

    id: str
    text: str
    setting: str


#: The setting that decides each check of Django's own that is about settings.
SETTING_OF = {
    "security.W001": "MIDDLEWARE",
    "security.W002": "MIDDLEWARE",
    "security.W003": "MIDDLEWARE",
    "security.W004": "SECURE_HSTS_SECONDS",
    "security.W005": "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "security.W006": "SECURE_CONTENT_TYPE_NOSNIFF",
    "security.W007": "SECURE_BROWSER_XSS_FILTER",
    "security.W008": "SECURE_SSL_REDIRECT",
    "security.W009": "SECRET_KEY",
    "security.W010": "SESSION_COOKIE_SECURE",
    "security.W011": "SESSION_COOKIE_SECURE",
    "security.W012": "SESSION_COOKIE_SECURE",
    "security.W013": "SESSION_COOKIE_HTTPONLY",
    "security.W014": "SESSION_COOKIE_HTTPONLY",
    "security.W015": "SESSION_COOKIE_HTTPONLY",
    "security.W016": "CSRF_COOKIE_SECURE",
    "security.W018": "DEBUG",
    "security.W019": "X_FRAME_OPTIONS",
    "security.W020": "ALLOWED_HOSTS",
    "security.W021": "SECURE_HSTS_PRELOAD",
    "security.W022": "SECURE_REFERRER_POLICY",
    "security.E023": "SECURE_REFERRER_POLICY",
    "security.E024": "SECURE_CROSS_ORIGIN_OPENER_POLICY",
    "security.W025": "SECRET_KEY_FALLBACKS",
    "security.E026": "SECURE_CSP",
    "security.W027": "SECURE_CSP",
    "security.E100": "DEFAULT_HASHING_ALGORITHM",
    "security.E101": "CSRF_FAILURE_VIEW",
    "security.E102": "CSRF_FAILURE_VIEW",
    "4_0.E001": "CSRF_TRUSTED_ORIGINS",
    "caches.E001": "CACHES",
    "caches.W002": "CACHES",
    "caches.W003": "CACHES",
    "files.E001": "FILE_UPLOAD_TEMP_DIR",
    "translation.E001": "LANGUAGE_CODE",
    "translation.E002": "LANGUAGES",
    "translation.E003": "LANGUAGES_BIDI",
    "translation.E004": "LANGUAGE_CODE",
    "models.W042": "DEFAULT_AUTO_FIELD",
    "mysql.W002": "DATABASES",
    "postgres.E005": "INSTALLED_APPS",
    "staticfiles.E001": "STATICFILES_DIRS",
    "staticfiles.E002": "STATICFILES_DIRS",
    "staticfiles.W004": "STATICFILES_DIRS",
    "urls.E006": "STATIC_URL",
    "admin.E402": "TEMPLATES",
    "admin.E403": "TEMPLATES",
    "admin.E404": "TEMPLATES",
    "admin.E408": "MIDDLEWARE",
    "admin.E409": "MIDDLEWARE",
    "admin.E410": "MIDDLEWARE",
    "auth.W004": "AUTH_USER_MODEL",
    "sites.E101": "SITE_ID",
    "templates.E001": "TEMPLATES",
    "templates.E002": "TEMPLATES",
    "templates.W003": "TEMPLATES",
}

#: The Django version that brought each check; an older project cannot have it.
SINCE = {
    "security.W022": (3, 0),
    "security.E023": (3, 0),
    "security.E024": (4, 0),
    "security.W025": (4, 1),
    "security.E026": (6, 0),
    "security.W027": (6, 0),
    "4_0.E001": (4, 0),
    "caches.W002": (3, 2),
    "caches.W003": (3, 2),
    "urls.E006": (2, 2),
    "translation.E001": (2, 2),
    "translation.E002": (2, 2),
    "translation.E003": (3, 0),
}


@dataclass(frozen=True)
class Placing:
    """What placing needs to know of the project."""

    settings: Settings
    place: Place
    nonproduction: tuple[str, ...] = ()

    # --- from worlds

    def judge(self, leaves: Sequence[Leaf], fallback: str) -> Iterator[Finding | Undecided]:
        """Findings for what fails in every world that production can be in; undecided where some world is not known.

        `fallback` is the id to name when no world got as far as a message.
        """
        kept = of_production(leaves, self.nonproduction, asks_for_debug=fallback == "security.W018")
        said = {message: leaf for leaf in kept for message in leaf.answer or ()}
        vague = next((leaf for leaf in kept if leaf.unknown is not None), None)
        if vague is not None:
            yield from self._undecided(vague, kept, said, fallback)
            return
        for message, leaf in said.items():
            failing = [one for one in kept if message in one.answer]
            if len(failing) == len(kept):
                yield self._convict(message, leaf, leaves)
            elif not any(same.id == message.id for one in kept if one not in failing for same in one.answer):
                yield self._sometimes(message, failing)

    def _undecided(
        self, vague: Leaf, kept: Sequence[Leaf], said: dict[Message, Leaf], fallback: str
    ) -> Iterator[Undecided]:
        assert vague.unknown is not None
        because = f"{vague.setting}: {vague.unknown.because}" if vague.setting else vague.unknown.because
        if any(is_unset(leaf.guard) and leaf.answer for leaf in kept):
            because += "; the default that holds when it is unset does not pass"
        span = vague.unknown.span if vague.unknown.span.path else Span(self.settings.path)
        ids = dict.fromkeys(message.id for message in said) or {fallback: None}
        for id in ids:
            if self.applies(id):
                yield Undecided(id, span, because)

    def _sometimes(self, message: Message, failing: Sequence[Leaf]) -> Undecided:
        span = self._span(message.setting, failing[0].picked)
        return Undecided(message.id, span, f"{message.setting}: only when {failing[0].guard}")

    def _convict(self, message: Message, leaf: Leaf, leaves: Sequence[Leaf]) -> Finding:
        everywhere = all(one.unknown is None and message in one.answer for one in leaves)
        guard = ALWAYS if everywhere else leaf.guard
        return self.finding(message, leaf.picked, guard)

    # --- findings

    def applies(self, id: str) -> bool:
        """Whether the project's version of Django has the check."""
        version = self.settings.version
        return version is None or id not in SINCE or SINCE[id] <= version

    def finding(
        self, message: Message, picked: dict[str, Alternative[Any]], guard: Guard = ALWAYS
    ) -> Finding:
        """The message on the line that sets its setting, with the chain that led there."""
        span = self._span(message.setting, picked)
        return Finding(
            rule=message.id,
            engine="django",
            message=f"{message.text} (when {guard})" if guard else message.text,
            location=Location(span),
            subject=message.setting,
            confidence=self._confidence(guard),
            related=tuple(self._related(message.setting, span)),
            waived=self._waived(message.id),
        )

    def _span(self, setting: str, picked: dict[str, Alternative[Any]]) -> Span:
        alternative = picked.get(setting)
        if alternative is None and setting in self.settings.names:
            alternatives = self.settings.get(setting).alternatives
            alternative = alternatives[0] if alternatives else None
        if alternative is None or not alternative.written or not alternative.span.path:
            return Span(self.settings.path)
        return alternative.span

    def _confidence(self, guard: Guard) -> Confidence | None:
        if not self.place.is_deployed:
            return Confidence.LOW
        return Confidence.MEDIUM if guard or self.settings.absent else None

    def _related(self, setting: str, shown: Span) -> Iterator[Related]:
        found = self.settings.setting(setting)
        for span in dict.fromkeys(found.chain):
            if span != shown and span.line is not None:
                yield Related(span, f"{setting} is also set here")
        for span in found.origins:
            if span != shown and span not in found.chain and span.line is not None:
                yield Related(span, "its value comes from here")
        for span in self.settings.absent[:1]:
            yield Related(span, "an optional module, not in the repository, may override it")
        if self.place.at.path:
            yield Related(self.place.at, f"the settings are {self.place.because}")

    def _waived(self, id: str) -> str | None:
        """Why the project itself wants to hear nothing of the check."""
        value = self.settings.get("SILENCED_SYSTEM_CHECKS")
        if not value.always(lambda data: isinstance(data, Seq) and _lists(data, id)):
            return None
        span = value.span
        return f"silenced by SILENCED_SYSTEM_CHECKS at {span.path}:{span.line}"


def _lists(data: Seq, id: str) -> bool:
    return any(item.always(lambda one: one == id) for item in data.items)
