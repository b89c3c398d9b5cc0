"""The small language of lessons: numbers, comparisons, and what functions know of a project and of the window."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from engine.text.messages import suggestion, value_text
from gui.lessons.arithmetic import COMPARISONS, LOGIC, OPERATORS, SIGNS, Value, check_number
from gui.lessons.facts import Facts
from gui.lessons.faults import ExpressionError, NotKnownYetError
from gui.lessons.functions import LESSON_FUNCTIONS, LessonFunction

_MAX_LENGTH = 500
"""Characters of an expression."""
_MAX_DEPTH = 60
"""Terms within one another; also terms of a sum, each of which contains those before it."""

_TOKENS = re.compile(
    r"""\s+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])|'[^'\\]*'|"[^"\\]*"|[A-Za-z_][A-Za-z0-9_]*"""
    r"""|\*\*|[<>!=]=|[-+*/<>(),]"""
)
"""All that an expression consists of; of the rest of Python nothing reaches its parser."""

_Term = ast.expr


class Expression(Struct, frozen=True):
    """An expression that has been parsed, such as ``macs('naive') / macs('bottleneck')``."""

    text: str


def parse_expression(text: str, *, of_window: bool = False) -> Expression:
    """The expression of a text; ExpressionError with the place of a mistake.

    Parameters
    ----------
    of_window
        Whether it may ask for the state of the window, as conditions do. Texts may not, since a page has no window.
    """
    for term in ast.walk(_parsed(text)):
        if isinstance(term, ast.Call) and (function := _function_of(term)).of_window and not of_window:
            fault = f"{function.name} asks for the state of the window, which only the condition of a task can"
            raise ExpressionError(fault, term.col_offset)
    return Expression(text)


def evaluate(expression: Expression, facts: Facts) -> Value:
    """The value of an expression.

    Raises
    ------
    ExpressionError
        Something does not fit, such as the name of a layer that there is not.
    NotKnownYetError
        It is known only after a run.
    """
    return _value(_parsed(expression.text), facts)


def holds(expression: Expression, facts: Facts) -> bool:
    """Whether a condition is true; what is unknown, or names something that there is not, does not hold."""
    try:
        return evaluate(expression, facts) is True
    except (ExpressionError, NotKnownYetError):
        return False


def outer_function(expression: Expression) -> LessonFunction | None:
    """The function whose value the expression is; None if it is something else."""
    term = _parsed(expression.text)
    return _function_of(term) if isinstance(term, ast.Call) else None


def function_calls(expression: Expression) -> tuple[str, ...]:
    """Names of all functions that an expression uses."""
    return tuple(_function_of(term).name for term in ast.walk(_parsed(expression.text)) if isinstance(term, ast.Call))


@lru_cache(maxsize=1024)
def _parsed(text: str) -> _Term:
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
    _check(term)
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


def _check(term: ast.AST, depth: int = 0) -> None:
    """ExpressionError if a term is none of this language."""
    if depth > _MAX_DEPTH:
        raise ExpressionError(f"has more than {_MAX_DEPTH} terms within one another; split it")
    if isinstance(term, ast.expr):
        _check_term(term)
    for part in _parts(term):
        _check(part, depth + 1)


def _check_term(term: ast.expr) -> None:
    match term:
        case ast.Constant(value=bool() | str()) | ast.Tuple() | ast.Call():
            if isinstance(term, ast.Call):
                _check_call(term)
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
        case ast.Name(id=name):
            is_function = name in LESSON_FUNCTIONS
            text = (
                f"{name} is a function; write {LESSON_FUNCTIONS[name].signature}"
                if is_function
                else (f"{value_text(name)} is no value; a text stands in quotes, a function has brackets behind it")
            )
            raise ExpressionError(text, term.col_offset)
        case _:
            raise ExpressionError("is no part of expressions; they have numbers, texts and functions", term.col_offset)


def _check_call(term: ast.Call) -> None:
    function = _function_of(term)
    if term.keywords or any(isinstance(argument, ast.Starred) for argument in term.args):
        raise ExpressionError(f"arguments have no names; write {function.signature}", term.col_offset)
    least, most = function.least, function.most
    if least <= len(term.args) and (most is None or len(term.args) <= most):
        return
    count = f"{least}" if least == most else f"at least {least}" if most is None else f"{least} to {most}"
    text = f"{function.name} takes {count} argument{'' if count == '1' else 's'}, not {len(term.args)}"
    raise ExpressionError(f"{text}: {function.signature}", term.col_offset)


def _function_of(term: ast.Call) -> LessonFunction:
    name = term.func.id if isinstance(term.func, ast.Name) else ""
    if name not in LESSON_FUNCTIONS:
        raise ExpressionError(
            f"unknown function {value_text(name)}; {suggestion(name, LESSON_FUNCTIONS)}", term.col_offset
        )
    return LESSON_FUNCTIONS[name]


def _parts(term: ast.AST) -> Iterator[ast.AST]:
    """The terms within a term; the name of a function is none."""
    yield from term.args if isinstance(term, ast.Call) else ast.iter_child_nodes(term)


def _value(term: ast.expr, facts: Facts) -> Value:
    match term:
        case ast.Constant(value=value):
            assert isinstance(value, bool | int | float | str), "checked"
            return value
        case ast.Tuple(elts=items):
            return tuple([_value(item, facts) for item in items])
        case ast.Call(args=arguments):
            return _function_of(term).value(facts, [_value(item, facts) for item in arguments], term.col_offset)
        case ast.UnaryOp(op=sign, operand=operand):
            return SIGNS[type(sign)](_value(operand, facts), term.col_offset)
        case ast.BinOp(left=left, op=operator, right=right):
            return OPERATORS[type(operator)](_value(left, facts), _value(right, facts), right.col_offset)
        case ast.BoolOp(op=word, values=terms):
            return LOGIC[type(word)]((_value(item, facts), item.col_offset) for item in terms)
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [_value(left, facts), *(_value(other, facts) for other in others)]
            pairs = zip(ops, values, values[1:], others, strict=False)
            return all(COMPARISONS[type(op)](first, second, other.col_offset) for op, first, second, other in pairs)
    raise AssertionError(f"{ast.dump(term)} was checked")
