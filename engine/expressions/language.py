"""Parses and evaluates expressions: of the rest of Python nothing reaches its parser."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Generic, TypeVar

from msgspec import Struct

from engine.expressions.arithmetic import COMPARISONS, LOGIC, OPERATORS, SIGNS, Value, check_number
from engine.expressions.faults import ExpressionError
from engine.expressions.functions import ExpressionFunction
from engine.text.messages import suggestion, value_text

_MAX_LENGTH = 500
"""Characters of an expression."""
_MAX_DEPTH = 60
"""Terms within one another; also terms of a sum, each of which contains those before it."""

_TOKENS = re.compile(
    r"""\s+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])|'[^'\\]*'|"[^"\\]*"|[A-Za-z_][A-Za-z0-9_]*"""
    r"""|\*\*|[<>!=]=|[-+*/<>(),]"""
)
"""All that an expression consists of."""

_Function = TypeVar("_Function", bound=ExpressionFunction)


class Language(Struct, Generic[_Function], frozen=True, eq=False):
    """What expressions can contain besides arithmetic."""

    functions: Mapping[str, _Function]
    names: Mapping[str, str] = {}
    """The names that stand for values, and what each is."""

    def check(self, text: str) -> None:
        """ExpressionError, with the place, if a text is no expression of this language."""
        _parsed(self, text)

    def calls(self, text: str) -> Iterator[tuple[_Function, int]]:
        """Each call of a function in an expression, with its place."""
        for term in ast.walk(_parsed(self, text)):
            if isinstance(term, ast.Call):
                yield self.function_of(term), term.col_offset

    def outer_function(self, text: str) -> _Function | None:
        """The function whose value an expression is; None if it is something else."""
        term = _parsed(self, text)
        return self.function_of(term) if isinstance(term, ast.Call) else None

    def names_in(self, text: str) -> frozenset[str]:
        """The names in an expression that stand for values."""
        return frozenset(
            term.id
            for term in ast.walk(_parsed(self, text))
            if isinstance(term, ast.Name) and term.id not in self.functions
        )

    def value(self, text: str, subject: object, values: Mapping[str, Value] | None = None) -> Value:
        """The value of an expression; ExpressionError if something does not fit.

        Parameters
        ----------
        subject
            What functions receive first.
        values
            The values of the names.
        """
        return _value(_parsed(self, text), self, subject, values or {})

    def function_of(self, term: ast.Call) -> _Function:
        """The function of a call; ExpressionError if there is none of that name."""
        name = term.func.id if isinstance(term.func, ast.Name) else ""
        if name not in self.functions:
            text = f"unknown function {value_text(name)}; {suggestion(name, self.functions)}"
            raise ExpressionError(text, term.col_offset)
        return self.functions[name]


@lru_cache(maxsize=1024)
def _parsed(language: Language[Any], text: str) -> ast.expr:
    """The checked terms of an expression; their `col_offset` is the place in the text."""
    if len(text) > _MAX_LENGTH:
        raise ExpressionError(f"has {len(text):,} characters; an expression has at most {_MAX_LENGTH}")
    if not text.strip():
        raise ExpressionError("is empty; write a number or a function, such as macs('design')")
    _check_tokens(text)
    line = re.sub(r"\s", " ", text)
    indent = len(line) - len(line.lstrip())
    try:
        term = ast.parse(line.lstrip(), mode="eval").body
    except SyntaxError as error:
        is_end = (error.lineno or 1) > 1 or not error.offset
        place = len(line.rstrip()) if is_end else indent + (error.offset or 1) - 1
        raise ExpressionError(_syntax_text(error.msg), place) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("has too many brackets within one another") from None
    for part in ast.walk(term):
        if isinstance(part, ast.expr):
            part.col_offset = len(line.lstrip().encode()[: part.col_offset].decode()) + indent
    _check(term, language)
    return term


def _check_tokens(text: str) -> None:
    place = 0
    while place < len(text):
        match = _TOKENS.match(text, place)
        if match is None:
            raise ExpressionError(_token_fault(text, place), place)
        place = match.end()


def _token_fault(text: str, place: int) -> str:
    sign = text[place]
    if sign in "'\"":
        return "a text has no closing quote, or a backslash in it"
    if sign == "=":
        return "= sets a value, which an expression cannot; two values are compared by =="
    if sign.isdigit() or sign == ".":
        return f"{value_text(re.split('[^A-Za-z0-9_.]', text[place:])[0])} is no number; write 1000 or 0.5"
    return f"{value_text(sign)} means nothing here; expressions have numbers, texts in quotes, functions and + - * / **"


def _syntax_text(message: str) -> str:
    """What Python says about the text, in the words of this language."""
    is_general = message.startswith("invalid syntax")
    return "cannot be read here; a sign or a bracket is missing or too much" if is_general else message


def _check(term: ast.AST, language: Language[Any], depth: int = 0) -> None:
    """ExpressionError if a term is none of this language."""
    if depth > _MAX_DEPTH:
        raise ExpressionError(f"has more than {_MAX_DEPTH} terms within one another; split it")
    if isinstance(term, ast.expr):
        _check_term(term, language)
    for part in _parts(term):
        _check(part, language, depth + 1)


def _check_term(term: ast.expr, language: Language[Any]) -> None:
    match term:
        case ast.Constant(value=bool() | str()) | ast.Tuple() | ast.Call():
            if isinstance(term, ast.Call):
                _check_call(term, language)
        case ast.Constant(value=int() | float() as number):
            check_number(number, term.col_offset)
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            pass
        case ast.UnaryOp(op=op) if type(op) in SIGNS:
            pass
        case ast.BoolOp():
            pass
        case ast.Compare(ops=ops) if all(type(op) in COMPARISONS for op in ops):
            pass
        case ast.Name(id=name) if name in language.names and name not in language.functions:
            pass
        case ast.Name(id=name):
            raise ExpressionError(_name_fault(name, language), term.col_offset)
        case _:
            raise ExpressionError("is no part of expressions; they have numbers, texts and functions", term.col_offset)


def _name_fault(name: str, language: Language[Any]) -> str:
    if name in language.functions:
        return f"{name} is a function; write {language.functions[name].signature}"
    if language.names:
        return f"{value_text(name)} is no value; {suggestion(name, language.names)}"
    return f"{value_text(name)} is no value; a text stands in quotes, a function has brackets behind it"


def _check_call(term: ast.Call, language: Language[Any]) -> None:
    function = language.function_of(term)
    if term.keywords or any(isinstance(argument, ast.Starred) for argument in term.args):
        raise ExpressionError(f"arguments have no names; write {function.signature}", term.col_offset)
    least, most = function.least, function.most
    if least <= len(term.args) and (most is None or len(term.args) <= most):
        return
    count = f"{least}" if least == most else f"at least {least}" if most is None else f"{least} to {most}"
    text = f"{function.name} takes {count} argument{'' if count == '1' else 's'}, not {len(term.args)}"
    raise ExpressionError(f"{text}: {function.signature}", term.col_offset)


def _parts(term: ast.AST) -> Iterator[ast.AST]:
    """The terms within a term; the name of a function is none."""
    yield from term.args if isinstance(term, ast.Call) else ast.iter_child_nodes(term)


def _value(term: ast.expr, language: Language[Any], subject: object, names: Mapping[str, Value]) -> Value:
    def value(part: ast.expr) -> Value:
        return _value(part, language, subject, names)

    match term:
        case ast.Constant(value=constant):
            assert isinstance(constant, bool | int | float | str), "checked"
            return constant
        case ast.Name(id=name):
            return names[name]
        case ast.Tuple(elts=items):
            return tuple([value(item) for item in items])
        case ast.Call(args=arguments):
            function: ExpressionFunction = language.function_of(term)
            return function.value(subject, [value(item) for item in arguments], term.col_offset)
        case ast.UnaryOp(op=sign, operand=operand):
            return SIGNS[type(sign)](value(operand), term.col_offset)
        case ast.BinOp(left=left, op=operator, right=right):
            return OPERATORS[type(operator)](value(left), value(right), right.col_offset)
        case ast.BoolOp(op=word, values=terms):
            return LOGIC[type(word)]((value(item), item.col_offset) for item in terms)
        case ast.Compare(left=left, ops=ops, comparators=others):
            operands = [value(left), *(value(other) for other in others)]
            pairs = zip(ops, operands, operands[1:], others, strict=False)
            return all(COMPARISONS[type(op)](first, second, other.col_offset) for op, first, second, other in pairs)
    raise AssertionError(f"{ast.dump(term)} was checked")
