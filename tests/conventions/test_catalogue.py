"""Every text goes through gettext, and no catalogue lags behind the source.

Nothing here needs GNU gettext, so that nothing here is ever skipped.
"""

import ast
import re
from html.parser import HTMLParser

import pytest
from babel.messages.catalog import Message
from django.template.base import DebugLexer, TokenType

from registry.core import translations
from tests.conventions.each import name_of, of_each, tree_of

TEMPLATES = [path for kind, path in translations.files("django") if kind == "template"]
MODULES = [path for kind, path in translations.files("django") if kind == "python"]
SCRIPTS = [path for _kind, path in translations.files("djangojs")]


# --- the catalogues -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", translations.LANGUAGES)
@pytest.mark.parametrize("domain", translations.SOURCES)
def test_the_catalogue_is_complete(domain, language):
    faults = translations.faults(domain, language)
    assert not faults, f"{len(faults)} faults; run `make messages` and translate:\n" + "\n".join(faults[:60])


@pytest.mark.parametrize("language", translations.LANGUAGES)
@pytest.mark.parametrize("domain", translations.SOURCES)
def test_writing_a_catalogue_again_changes_nothing(domain, language):
    kept = translations.path_of(domain, language).read_bytes()
    assert translations.po_bytes(translations.stored(domain, language)) == kept, "run `make messages`"


@pytest.mark.parametrize(
    ("text", "filled_in"), [("95 % interval", False), ("%(n)s %% of it", True), ("50 %%", True)]
)
def test_a_per_cent_sign_before_a_word_is_no_placeholder(text, filled_in):
    catalog = translations.Catalog(locale="de", domain="django")
    catalog.add(text)
    assert (b"python-format" in translations.po_bytes(catalog)) is filled_in


@pytest.mark.parametrize(
    ("singular", "plural", "translated", "fault"),
    [
        ("Save", None, "", "not translated"),
        ("%(n)s of %(all)s", None, "%(n)s von %(alle)s", "placeholders"),
        ("%(n)s case", "%(n)s cases", ("ein Fall", "Fälle"), "placeholders"),
        ("%(n)s case", "%(n)s cases", ("%(n)s Fall", ""), "not translated"),
        ("See <a>this</a>", None, "Siehe dies", "placeholders"),
        ("one {thing}", None, "ein {ding}", "placeholders"),
    ],
)
def test_a_faulty_translation_is_found(singular, plural, translated, fault):
    message = Message((singular, plural) if plural else singular, translated)
    assert any(fault in found for found in translations.faults_of(message))


@pytest.mark.parametrize(
    ("singular", "plural", "translated"),
    [
        ("%(n)s of %(all)s", None, "von %(all)s sind es %(n)s"),
        ("One case", "%(n)s cases", ("%(n)s Fall", "%(n)s Fälle")),
        ("One case", "%(n)s cases", ("Ein Fall", "%(n)s Fälle")),
    ],
)
def test_a_faithful_translation_passes(singular, plural, translated):
    message = Message((singular, plural) if plural else singular, translated)
    assert list(translations.faults_of(message)) == []


def test_every_kind_of_source_is_read():
    """Were a kind of source no longer found, its texts would be missing without a word."""

    def found(kind, text):
        return [message for _line, message, _comments, _context in translations.messages_of(kind, text)]

    python = (
        "from django.utils.translation import gettext as _, ngettext\n_('a' 'b')\nngettext('c', 'd', 2)\n"
    )
    assert found("python", python) == ["ab", ("c", "d")]
    template = (
        '{% load i18n %}<p>{% translate "a" %}</p>\n   {% include "x" with y=_("b") %}{{ z|default:_("c") }}'
        "{% blocktranslate count n=n trimmed %}\n  one\n{% plural %}\n  {{ n }} many\n{% endblocktranslate %}"
    )
    assert found("template", template) == ["a", "b", "c", ("one", "%(n)s many")]
    script = "say(gettext('a'), `${gettext(\"b\")}`); ngettext('c', 'd', n);"
    assert found("javascript", script) == ["a", "b", ("c", "d")]
    for domain in translations.SOURCES:
        assert any(message.id for message in translations.gathered(domain))


def test_half_a_module_is_refused():
    with pytest.raises(SyntaxError):
        list(translations.messages_of("python", "_('a'\nx = = 1"))


# --- templates ----------------------------------------------------------------------------------------------------

#: What is the same in every language: signs, units, abbreviations of scores and techniques, names.
SAME = re.compile(
    r"^(A|B|C|P|n|SD|CI|SINS|VAS|ODI|KPS|ECOG|REBOA|RFA|PSP|API|CSV|DOI|doi|SIR|et|al|LOINC|SHA|BibTeX|CFF"
    r"|mL|mm|cm|min|kg|mg|Fr|W|G|L|S)$"
)
#: Attributes that are read out or shown.
SPOKEN = {
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "title",
    "alt",
    "placeholder",
    "data-label",
    "summary",
    "label",
}
#: Tags whose quoted arguments are names of addresses, files, formats and blocks.
TECHNICAL = re.compile(
    r"^(url|include|extends|load|static|block|endblock|csrf_token|querystring|regroup|now|cycle|spaceless|if|elif|comment)\b"
)
WORD = re.compile(r"[^\W\d_]{2,}|\b[^\W\d_]\b", re.UNICODE)
HOLE = "\ue000"  # stands for what a template puts in


class Texts(HTMLParser):
    """The texts of a page that a reader would see or hear; what says that it is English is meant to be."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.within: list[str] = []

    def handle_starttag(self, tag, attrs):
        if self.within:
            opens = tag == self.within[-1]
        else:
            opens = tag in ("script", "style", "code") or dict(attrs).get("lang") == "en"
        if opens:
            self.within.append(tag)
        for name, value in attrs:
            button = tag == "input" and name == "value" and dict(attrs).get("type") in ("submit", "button")
            if value and (name in SPOKEN or button):
                self.found.append(value)

    def handle_endtag(self, tag):
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data):
        if not self.within:
            self.found.append(data)


def bare_words(source: str, *, plain: bool = False) -> list[str]:
    """Words of a template that no translation reaches, in its text and in the arguments of its tags."""
    kept, found, skipping = [], [], ""
    for token in DebugLexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            tag = token.split_contents()[0]
            if skipping:
                skipping = "" if tag == skipping else skipping
            elif tag in ("comment", "blocktranslate", "blocktrans", "verbatim"):
                skipping = f"end{tag}"
            elif tag == "block" and "class" in token.contents:
                skipping = "endblock"
            elif tag not in ("translate", "trans") and not TECHNICAL.match(tag):
                found += quoted(token.contents)
            if tag == "include":
                found += quoted(" ".join(token.split_contents()[2:]))
            if tag not in ("endblocktranslate", "endblocktrans", "endcomment"):
                kept.append(HOLE if tag in ("translate", "trans") else "")
        elif skipping:
            continue
        elif token.token_type == TokenType.VAR:
            found += quoted(token.contents)
            kept.append(HOLE)
        elif token.token_type == TokenType.TEXT:
            kept.append(token.contents)
    text = "".join(kept)
    if plain:
        texts = [text]
    else:
        parser = Texts()
        parser.feed(text)
        texts = parser.found
    for piece in texts:
        bare = [word for word in WORD.findall(piece.replace(HOLE, " ")) if not SAME.match(word)]
        if bare:
            found.append(" ".join(piece.replace(HOLE, "…").split()))
    return found


def quoted(tag: str) -> list[str]:
    """Quoted sentences among the arguments of a tag or a filter: with a space between words, or a capital first."""
    tag = re.sub(r"_\((\"[^\"]*\"|'[^']*')\)", "", tag)  # translated where it stands
    tag = re.sub(
        r"\|(date|time|urlize|floatformat|join|split|cut|stringformat):(\"[^\"]*\"|'[^']*')", "", tag
    )
    strings = [string[1:-1] for string in re.findall(r"\"[^\"]*\"|'[^']*'", tag)]
    return [
        s for s in strings if re.search(r"[^\W\d_]{2,}[,.:]? [^\W\d_]", s) or re.match(r"[A-ZÄÖÜ][a-z]+", s)
    ]


@of_each(TEMPLATES)
def test_no_template_holds_a_bare_word(path):
    found = bare_words(path.read_text("utf-8"), plain=path.suffix == ".txt")
    assert not found, f"{name_of(path)}: put through translate or blocktranslate: {found}"


@pytest.mark.parametrize(
    "source",
    [
        "<p>Nothing entered yet.</p>",
        '<a aria-label="Open">{{ x }}</a>',
        '<input type="submit" value="Save">',
        '{% include "a.html" with title="Not saved. Please check:" %}',
        '{{ title|default:"Not saved" }}',
        "<p>{{ n }} of {{ total }}</p>",
    ],
)
def test_a_bare_word_is_found(source):
    assert bare_words(source)


@pytest.mark.parametrize(
    "source",
    [
        '{% load i18n %}<p>{% translate "Nothing" %} {# not shown #}</p>',
        "{% blocktranslate count n=n %}one{% plural %}{{ n }} many{% endblocktranslate %}",
        '<input type="hidden" value="draft"><time>{{ day|date:"SHORT_DATE_FORMAT" }}</time>',
        '{% include "a.html" with title=_("Not saved.") %}<th>SINS</th><span class="unit">mL</span>',
        "{% comment %}Takes `rows`.{% endcomment %}",
    ],
)
def test_what_is_translated_passes(source):
    assert bare_words(source) == []


@of_each(TEMPLATES)
def test_labels_keep_their_capitals(path):
    """German nouns have them: a sentence that needs a small letter is a sentence of its own."""
    assert not re.search(r"\|\s*(lower|title)\b", path.read_text("utf-8")), name_of(path)


@of_each(TEMPLATES)
def test_dates_follow_the_language(path):
    """A format written into a template is the same in every language. Attributes for machines keep the one of ISO."""
    text = re.sub(r"\b(value|datetime|min|max|data-(?!label)[\w-]+)=\"[^\"]*\"", "", path.read_text("utf-8"))
    for name, given in re.findall(r"\|(date|time):[\"']([^\"']*)[\"']", text):
        if not (given.endswith("_FORMAT") or (name == "time" and given in ("H:i", "H:i:s"))):
            pytest.fail(f"{name_of(path)}: {name}:{given!r}")


def test_every_whole_page_says_its_language():
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        if "<html" in text:
            assert '<html lang="{{ LANGUAGE_CODE }}"' in text, name_of(path)


# --- modules and scripts ------------------------------------------------------------------------------------------


#: Where the text is one of a list that is in the catalogue.
FROM_A_LIST = {"cases/diagnosis_names.py", "registry/literature/names.py"}


@of_each(MODULES)
def test_what_is_translated_is_a_literal(path):
    """A text put together before it is translated is in no catalogue: values go in afterwards, by name."""
    tree = tree_of(path)
    given = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            given.update({alias.asname or alias.name: alias.name for alias in node.names})
    takes = {"gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2}
    takes |= {"pgettext": 2, "pgettext_lazy": 2, "npgettext": 3, "npgettext_lazy": 3}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            count = takes.get(given.get(node.func.id, ""), 0)
            for argument in node.args[:count]:
                literal = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                if not literal and name_of(path) not in FROM_A_LIST:
                    pytest.fail(f"{name_of(path)}:{node.lineno}: {ast.unparse(node)[:80]}")


#: Texts of scripts that nobody reads: names of events, selectors, headers, file types.
SENTENCE = re.compile(r"^[A-Z][a-z]+( [\w%(){}$,.:;–’-]+){2,}|[a-z]{2,} [a-z]{2,} [a-z]{2,}.*[.:?]$")


@of_each(SCRIPTS)
def test_scripts_say_nothing_untranslated(path):
    text = re.sub(r"/\*.*?\*/|^\s*//.*$|\s//\s.*$", "", path.read_text("utf-8"), flags=re.S | re.M)
    text = re.sub(r"\b(n?p?gettext)\(\s*(\"[^\"]*\"(,\s*\"[^\"]*\")?|'[^']*'|`[^`]*`)", "", text)
    strings = re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`]*)`", text)
    bare = [s for pair in strings for s in pair if SENTENCE.search(s)]
    assert not bare, f"{name_of(path)}: put through gettext(): {bare}"
