"""Finds the sentences that the package says when it raises, by reading its source.

Nothing is imported and nothing is run. What is only known when it happens is written as `…`.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

UNKNOWN = "…"
#: Of a sentence that may be said in more ways than that, what differs is left open.
MOST_WAYS = 12
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef | None


@dataclass(frozen=True)
class Sentence:
    """What can be said, and where.

    Attributes:
        kind: The name of the class that is made.
        path: The file, from the package's folder on.
        parts: What happened, why, and what to do; "" where nothing is said.
    """

    kind: str
    path: str
    parts: tuple[str, ...]


class Module:
    """A source file: its names, and what may be said in it."""

    def __init__(self, path: Path, package: Path) -> None:
        self.path = path.relative_to(package)
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.nodes = list(ast.walk(self.tree))
        self.purpose = (ast.get_docstring(self.tree) or "").split("\n\n")[0].replace("\n", " ")
        self.constants = _assigned(self.tree.body)
        self.functions = {node.name: node for node in self.nodes if isinstance(node, FUNCTIONS)}
        self.imports: dict[
            str, tuple[tuple[str, ...], str]
        ] = {}  # local name -> (module, name in it)
        here = ("colab_pix2pix", *self.path.parent.parts)
        for node in self.nodes:
            if isinstance(node, ast.ImportFrom) and node.level:
                above = here[: len(here) - node.level + 1]
                base = (*above, *(node.module.split(".") if node.module else ()))[1:]
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = (base, alias.name)


#: What the parameters of a function stand for in one call: (module, caller, argument) by name.
Bound = dict[str, tuple[Module, Function, ast.expr]]


class Reader:
    """Reads all sentences of the classes that it is asked for.

    Args:
        package: The folder of the package.
    """

    def __init__(self, package: Path) -> None:
        paths = sorted(Path(package).rglob("*.py"))
        self.modules = {path.relative_to(package): Module(path, package) for path in paths}
        self.calls: dict[
            str, list[tuple[Module, Function, ast.Call]]
        ] = {}  # name -> where something of that name is called
        for module in self.modules.values():
            for function, call in _calls(module.tree):
                self.calls.setdefault(_name(call.func), []).append((module, function, call))

    def kinds(self, root: str) -> dict[str, str]:
        """Returns a class and all that descend from it, by name: what each is about."""
        nodes = [node for module in self.modules.values() for node in module.nodes]
        classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}
        found = {root: ""}
        for _ in classes:  # at most as deep as there are classes
            heirs = {n for n, c in classes.items() if any(_name(b) in found for b in c.bases)}
            if heirs <= set(found):
                break
            found |= dict.fromkeys(sorted(heirs - set(found), key=list(classes).index), "")
        return {name: (ast.get_docstring(classes[name]) or "").split("\n")[0] for name in found}

    def sentences(
        self, kinds: Sequence[str], parts: Sequence[int | str] = (0, "why", "fix")
    ) -> list[Sentence]:
        """Returns what instances of some classes may say, in the order of the files.

        Args:
            kinds: Names of classes.
            parts: Which arguments are said: places and keywords.
        """
        found = {}
        for kind in kinds:
            for module, function, call in self.calls.get(kind, []):
                for said in self._said(module, function, call, parts):
                    if any(part.strip(" .…") for part in said):
                        found[Sentence(kind, str(module.path), said)] = None
        return list(found)

    def _said(
        self, module: Module, function: Function, call: ast.Call, parts: Sequence[int | str]
    ) -> list[tuple[str, ...]]:
        """Returns the ways in which one call may be told."""
        given = dict(enumerate(call.args)) | {k.arg: k.value for k in call.keywords}
        nodes = [given.get(part) for part in parts]
        ways = []
        for bound in self._bindings(module, function, nodes):
            scope = Scope(self, module, function, bound)
            choices = [scope.texts(node) if node is not None else [""] for node in nodes]
            if len(list(itertools.product(*choices))) > MOST_WAYS:
                choices = [options if len(options) == 1 else [UNKNOWN] for options in choices]
            ways += itertools.product(*choices)
        told = dict.fromkeys(tuple(map(_tidy, way)) for way in ways)
        return [way for way in told if not any(_is_torn(part) for part in way)]

    def _bindings(
        self, module: Module, function: Function, nodes: Sequence[ast.expr | None]
    ) -> list[Bound]:
        """Returns what a function that makes an error is called with: (module, caller, node) by name."""
        if function is None:
            return [{}]
        names = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
        used = {
            n.id
            for node in nodes
            if node is not None
            for n in ast.walk(node)
            if isinstance(n, ast.Name)
        }
        if not used & set(names):
            return [{}]
        defaults = dict(
            zip(reversed(names[: len(function.args.args)]), reversed(function.args.defaults))
        )
        bindings = []
        for other, caller, call in self.calls.get(function.name, []):
            if self._is_same(other, call.func, module):
                taken = dict(zip(names, call.args)) | {k.arg: k.value for k in call.keywords}
                bound = {name: (other, caller, node) for name, node in taken.items()}
                rest = {n: (module, None, d) for n, d in defaults.items() if n not in bound}
                bindings.append(bound | rest)
        return bindings or [{}]

    def _is_same(self, other: Module, func: ast.expr, module: Module) -> bool:
        """Returns whether a name in a file stands for a function of a module."""
        if other is module:
            return isinstance(func, ast.Name)
        origin = other.imports.get(func.id if isinstance(func, ast.Name) else _name(func.value))
        if origin is None:
            return False
        base, name = origin
        parts = base if isinstance(func, ast.Name) else (*base, name)
        return Path(*parts).with_suffix(".py") == module.path if parts else False

    def texts(self, module: Module, node: ast.expr) -> list[str]:
        """Returns what an expression at the top of a module may come to; see `Scope.texts`."""
        return Scope(self, module, None, {}).texts(node)

    def constant(self, module: Module, name: str) -> tuple[Module, ast.expr] | None:
        """Returns the module and the node of a constant, also of one that is imported; or None."""
        if name in module.constants:
            return module, module.constants[name]
        if name in module.imports:
            base, original = module.imports[name]
            other = self.modules.get(Path(*base).with_suffix(".py")) if base else None
            return self.constant(other, original) if other else None
        return None


class Scope:
    """Says what a piece of source may come to as a text, at one place."""

    def __init__(self, reader: Reader, module: Module, function: Function, bound: Bound) -> None:
        self.reader, self.module, self.bound = reader, module, bound
        self.local = _assigned_any(ast.walk(function)) if function else {}
        self.depth = 0

    def texts(self, node: ast.expr) -> list[str]:
        """Returns all texts that an expression may be; `…` for what is not known."""
        if isinstance(node, ast.Constant):
            return [UNKNOWN if node.value is None else str(node.value)]
        if isinstance(node, ast.JoinedStr):
            return self._joined([self._shown(value) for value in node.values])
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._joined([self.texts(node.left), self.texts(node.right)])
        if isinstance(node, ast.IfExp):
            return [*self.texts(node.body), *self.texts(node.orelse)]
        if isinstance(node, ast.BoolOp):
            return [text for value in node.values for text in self.texts(value)]
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.Subscript):
            return self._of_table(node.value)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return self._of_module(node)
        if isinstance(node, ast.Call) and _name(node.func) in ("_", "N_") and node.args:
            return self._in_english(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return self._of_method(node)
        return [UNKNOWN]

    def _in_english(self, node: ast.Call) -> list[str]:
        """Returns what a call of `languages._` may say."""
        given = {keyword.arg: self.texts(keyword.value) for keyword in node.keywords}
        ways = []
        for text in self.texts(node.args[0]):
            parts = re.split(r"\{(\w+)[^}]*\}", text)  # every second one is a name
            choices = [given.get(p, [UNKNOWN]) if n % 2 else [p] for n, p in enumerate(parts)]
            ways += self._joined(choices)
        return ways

    def _of_method(self, node: ast.Call) -> list[str]:
        if node.func.attr == "strip":
            return self.texts(node.func.value)
        if node.func.attr == "get" and len(node.args) == 2:
            return [*self._of_table(node.func.value), *self.texts(node.args[1])]
        return [UNKNOWN]

    def _of_table(self, node: ast.expr) -> list[str]:
        """Returns all values of a dictionary that has a name."""
        name = node.id if isinstance(node, ast.Name) else ""
        found = self.reader.constant(self.module, name)
        tables = self.local.get(name) or ([found[1]] if found else [])
        if len(tables) != 1 or not isinstance(tables[0], ast.Dict):
            return [UNKNOWN]
        return [text for value in tables[0].values for text in self.texts(value)]

    def _shown(self, node: ast.expr) -> list[str]:
        if not isinstance(node, ast.FormattedValue):
            return self.texts(node)
        if node.format_spec or node.conversion == ord("r"):
            return [UNKNOWN]
        return self.texts(node.value)

    def _joined(self, choices: Sequence[list[str]]) -> list[str]:
        ways = list(itertools.islice(itertools.product(*choices), MOST_WAYS + 1))
        if len(ways) > MOST_WAYS:
            return ["".join(c[0] if len(c) == 1 else UNKNOWN for c in choices)]
        return ["".join(way) for way in ways]

    def _named(self, name: str) -> list[str]:
        self.depth += 1
        try:
            if self.depth > 8:
                return [UNKNOWN]
            if name in self.bound:
                module, function, node = self.bound[name]
                return Scope(self.reader, module, function, {}).texts(node)
            if name in self.local:
                return [text for value in self.local[name] for text in self.texts(value)]
            return self._constant(self.module, name)
        finally:
            self.depth -= 1

    def _of_module(self, node: ast.Attribute) -> list[str]:
        base, name = self.module.imports.get(node.value.id, ((), ""))
        other = self.reader.modules.get(Path(*base, name).with_suffix(".py")) if name else None
        return self._constant(other, node.attr) if other else [UNKNOWN]

    def _constant(self, module: Module, name: str) -> list[str]:
        found = self.reader.constant(module, name)
        return Scope(self.reader, found[0], None, {}).texts(found[1]) if found else [UNKNOWN]


def _assigned(nodes: Iterable[ast.AST]) -> dict[str, ast.expr]:
    """Returns the values of names that are given one once; a name with several has none."""
    return {name: found[0] for name, found in _assigned_any(nodes).items() if len(found) == 1}


def _assigned_any(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr]]:
    """Returns all that names are given; those that something is added to have none."""
    values: dict[str, list[ast.expr]] = {}
    added: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            values.setdefault(node.target.id, []).append(node.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    values.setdefault(target.id, []).append(node.value)
                    if target.id in {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}:
                        added.add(target.id)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            added.add(node.target.id)
    return {name: found for name, found in values.items() if name not in added}


def _calls(tree: ast.AST, function: Function = None) -> Iterator[tuple[Function, ast.Call]]:
    """Yields all calls in a tree, each with the function that it stands in."""
    for node in ast.iter_child_nodes(tree):
        inner = node if isinstance(node, FUNCTIONS) else function
        if isinstance(node, ast.Call):
            yield function, node
        yield from _calls(node, inner)


def _name(func: ast.expr) -> str:
    """Returns the last part of what is called."""
    return func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")


def _is_torn(text: str) -> bool:
    """Returns whether parts were put together here that never come together."""
    return bool(re.search(r" \.(?!\w)|\(\)|\(…, \)", text))  # " .keras" is whole


def _tidy(text: str) -> str:
    """Returns a text with one `…` where several stand side by side."""
    words = " ".join(text.split())
    for several in ("… …", "……", "…, …"):
        while several in words:
            words = words.replace(several, UNKNOWN)
    return words
