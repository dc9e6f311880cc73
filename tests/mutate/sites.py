"""Where a C file can be changed by one operator, so that its meaning is likely to change.

A site lies in the body of a function, outside comments, literals, assertions, prefetches, tables and the
bounds of arrays.  Each has a class; a draw takes every class equally often, because constants are many."""

import re
from dataclasses import dataclass

CLASSES = ("compare", "logic", "constant", "negate", "drop")

LITERALS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
PREPROCESSOR = re.compile(r"^[ ]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
ASSERTION = re.compile(r"\b(?:assert|_Static_assert|__builtin_prefetch|ck_assert\w*)[ ]*\(")
TABLE = re.compile(r"\bstatic const [^;{]*= *\{|\bstatic const [^;{]*\] *=")
DECLARES_ARRAY = re.compile(
    r"^\s+(?:(?:const|static|struct|unsigned|enum)\s+)*\w+\s+\**\w+((?:\[[^\]]*\])+)", re.M)

EXPECTED = re.compile(r"\b__builtin_expect\(.*(, [01]\))")  # a hint to the compiler

COMPARE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
LOGIC = {"&&": "||", "||": "&&"}
OPERATOR = re.compile(r" (<=|>=|==|!=|<|>|&&|\|\|) ")
NUMBER = re.compile(r"(?<![\w.])(\d+)([uUlL]*)(?![\w.])")
TRUTH = re.compile(r"\b(true|false)\b")
CONDITION = re.compile(r"\b(?:if|while) \(")
STATEMENT = re.compile(r"[ ]+(?! |return\b|goto\b|break\b|continue\b|else\b|case\b|default\b|do\b|\(void\))"
                       r"(?:[*&(]*[\w.\[\]>\-() *&+]+ ?(?:[-+*/|&^%]|<<|>>)?= [^;{}]*|"
                       r"\w+\([^;{}]*\)|[*(]*[\w.\[\]>\-()]+(?:\+\+|--)|(?:\+\+|--)[\w.\[\]>\-()]+);$", re.M)
BEGINS = re.compile(r"^", re.M)
DECLARES = re.compile(r"^[ ]+(?:const |static |struct |enum |unsigned |volatile |register )*"
                      r"[A-Za-z_]\w*(?: \**|\* *\**)[A-Za-z_]\w*(?:\[[^\]]*\])* *(?:=|,|;)")


@dataclass(frozen=True)
class Site:
    kind: str
    start: int  # in the text
    end: int
    to: str

    def apply(self, text):
        return text[: self.start] + self.to + text[self.end :]


def blank(text, pattern):
    """The text with what matches blanked; every offset stays."""
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def closing(text, at):
    """The offset behind the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if depth == 0:
            return i + 1
    return len(text)


def blank_span(text, start, end):
    return text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]


def bodies(text):
    """(start, end) of each function's body: a brace at depth 0 behind a closing parenthesis."""
    at = 0
    while (at := text.find("{", at)) >= 0:
        end = closing(text, at)
        if text[:at].rstrip().endswith(")"):
            yield at + 1, end - 1
        at = end


def code_only(text):
    code = blank(blank(text, LITERALS), PREPROCESSOR)
    for pattern in (ASSERTION, TABLE):
        at = 0
        while found := pattern.search(code, at):
            opening = code.find("{", found.start()) if pattern is TABLE else found.end() - 1
            at = closing(code, opening) if opening >= 0 else len(code)
            code = blank_span(code, found.start(), at)
    for found in EXPECTED.finditer(code):
        code = blank_span(code, *found.span(1))
    for found in DECLARES_ARRAY.finditer(code):
        code = blank_span(code, *found.span(1))
    return code


def sites(text):
    code = code_only(text)
    found = []
    for start, end in bodies(code):
        body = code[start:end]

        def add(kind, a, b, to):
            found.append(Site(kind, start + a, start + b, to))

        for m in OPERATOR.finditer(body):
            sign = m.group(1)
            add(*(("compare", *m.span(1), COMPARE[sign]) if sign in COMPARE
                  else ("logic", *m.span(1), LOGIC[sign])))
        for m in NUMBER.finditer(body):
            add("constant", *m.span(), str(int(m.group(1)) + 1) + m.group(2))
        for m in TRUTH.finditer(body):
            add("constant", *m.span(), "false" if m.group(1) == "true" else "true")
        for m in CONDITION.finditer(body):
            inside = m.end() - 1
            behind = closing(body, inside)
            add("negate", inside, behind, "(!" + text[start + inside : start + behind] + ")")
        for line in BEGINS.finditer(body):
            m = STATEMENT.match(body, line.start())
            if not m or DECLARES.match(m.group(0)):
                continue
            before = body[: m.start()].rstrip()
            if before and before[-1] not in ";{}:)" and not before.endswith("else"):
                continue
            indent = len(m.group(0)) - len(m.group(0).lstrip())
            add("drop", m.start() + indent, m.end(), ";")
    return found
