"""Names in one form: without scripts, case, accents, punctuation, legal forms and honorifics."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Forms of companies, as they are folded; they are left out at the end of a name, those below at its beginning.
_LEGAL = _words("""
    ab ag as asa bhd bv bvba co company corp corporation cv eg ev gbr gmbh holding holdings inc incorporated jsc kft kg
    kgaa kk lc limited llc lllp llp lp ltd ltda mbh nv ohg oy oyj pc pjsc plc pllc pte pty pvt sa sab sae sarl sas sasu
    sca scs sdn se sia sl snc sp spa spj srl srls ulc zoo zrt
""")
_LEGAL_FIRST = _words("ao jsc oao ojsc ooo pao pjsc pt zao")
_LEGAL_WORDS = {  # by their last word
    form[-1]: form
    for form in (
        ("kabushiki", "kaisha"),
        ("you", "xian", "gong", "si"),
        ("joint", "stock", "company"),
        ("sp", "z", "o", "o"),
    )
}
_HONORIFICS = _words("""
    dame dr excellency frau herr hon honorable honourable lady lord madame miss mme mr mrs ms prof professor senor
    senora sir the
""")
_FIRST = _HONORIFICS | _LEGAL_FIRST
_EMPTY = _words("""
    a al and at da das de del della den der des di do dos du e el en et for in la las le les los of on the to und van
    von y
""")
_APART = {code: " " for code in range(128) if not chr(code).isalnum()}  # what is between words, in ASCII
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")
_INNER = re.compile(r"(?<=\w)['`](?=\w)")


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """Fold a text: Latin letters and digits in lower case, words apart by one blank."""
    latin = text if text.isascii() else anyascii(unicodedata.normalize("NFC", text))
    plain = latin.casefold().replace("&", " and ")
    if "." in plain:
        plain = _INITIALS.sub(lambda found: found[0].replace(".", ""), plain)
    if "'" in plain or "`" in plain:
        plain = _INNER.sub("", plain)
    return " ".join(plain.translate(_APART).split())


@lru_cache(maxsize=65_536)
def words_of(text: str) -> tuple[str, ...]:
    """Give the words of a name that distinguish it, in order; all of them if none do.

    A letter at the beginning is kept, as in "A Line": it may be more than an article.
    """
    words = folded(text).split()
    bare = _without_forms(words)
    kept = [word for at, word in enumerate(bare) if word not in _EMPTY or (at == 0 and len(word) == 1)]
    return tuple(kept or words)


def _without_forms(words: list[str]) -> list[str]:
    """Leave out legal forms and honorifics, but at least one word stays."""
    first, last = 0, len(words)
    while last - first > 1 and words[first] in _FIRST:
        first += 1
    while last - first > 1 and (length := _length_of_form(words, first, last)):
        last -= length
    return words[first:last]


def _length_of_form(words: list[str], first: int, last: int) -> int:
    """Count the words of the legal form with which a name ends, if another word is before it."""
    end = words[last - 1]
    form = _LEGAL_WORDS.get(end, ())
    if form and last - first > len(form) and tuple(words[last - len(form) : last]) == form:
        return len(form)
    return int(end in _LEGAL)


def sorted_words(text: str) -> str:
    """Give the words of a name in the order of the alphabet, as one text."""
    return " ".join(sorted(words_of(text)))


def joined_words(text: str) -> str:
    """Give the words of a name as one word."""
    return "".join(words_of(text))
