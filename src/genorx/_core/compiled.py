"""Byte loops compiled by Numba if it is installed; every caller has a NumPy fallback.

A kernel is a plain Python function of numbers and arrays.  Compilation by Numba takes half a second to three seconds;
the machine code is cached in the user's cache (``XDG_CACHE_HOME``) and loaded from there by LLVM alone in 0.03 s, while
Numba itself would take half a second.  A process starts without kernels: it loads one after work on which kernels would
have saved that time, and compiles a new one after eight times as much work.
``GENORX_COMPILED=0`` in the environment switches all kernels off.

Source: Numba, https://numba.readthedocs.io (``cfunc``, ``inspect_llvm``); llvmlite, https://llvmlite.readthedocs.io.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Bytes processed without kernels before one is loaded, and before one is compiled: loading takes as long as kernels
#: save on the first number.
LOADED_AFTER, COMPILED_AFTER = 1 << 27, 1 << 30
SWITCH = "GENORX_COMPILED"  # the environment variable
_SUM = 32  # bytes of a SHA-256, before cached machine code
_DECLARED = re.compile(r"^declare [^@]*@\"?([^(\"]+)", re.MULTILINE)
_OF_C = re.compile(r"llvm\..*|mem(set|cpy|move)")  # symbols to which any process can link
_Compiled = Callable[..., int]


#: Kernels of all imported modules.
_KERNELS: list[Kernel] = []


@dataclass
class _Process:
    """State of this process: bytes processed so far, and the engines that hold linked machine code."""

    seen: int = 0  # bytes
    linked: list[Any] = field(default_factory=list)  # engines of linked code, to be kept alive


_PROCESS = _Process()


class Kernel:
    """A function of numbers and arrays that may be compiled.

    Parameters
    ----------
    function : function
        Function in the subset of Python that Numba compiles; it returns an integer, raises nothing (so does not
        divide), makes no arrays, and calls only plain Python functions (not ``min``).  Of the other names of its module
        it may use integers.
    arguments : tuple of str
        Names of the NumPy types of its arguments; with ``*`` at the end for a contiguous array.
    """

    def __init__(self, function: Callable[..., int], arguments: tuple[str, ...]) -> None:
        self.function = function
        self.arguments = arguments
        self.__doc__ = function.__doc__
        self._known: _Compiled | None = None
        self._tried: set[bool] = set()  # whether compilation was tried, if it is not available

    def after(self, size: int) -> _Compiled | None:
        """Return the compiled function for ``size`` more bytes of work; None if unavailable, or not worth loading."""
        if os.environ.get(SWITCH) == "0":
            return None
        _PROCESS.seen += size
        if self._known is None:
            compiles = _PROCESS.seen > COMPILED_AFTER
            if (_PROCESS.seen > LOADED_AFTER or _PROCESS.linked) and compiles not in self._tried:
                self._tried.add(compiles)
                self._known = self._load(compiles=compiles)
        return self._known

    def load_kept(self) -> None:
        """Load the machine code now, if it is cached."""
        if self._known is None and os.environ.get(SWITCH) != "0":
            self._known = self._load(compiles=False)

    def _load(self, *, compiles: bool) -> _Compiled | None:
        llvm = _installed("llvmlite.binding")
        if llvm is None:
            return None
        machine = _machine(llvm)
        path = _folder() / f"{self.function.__name__}-{self._digest(machine)}.bin"
        code = _kept(path)
        if code is None and compiles and (numba := _installed("numba")) is not None:
            code = self._compile(numba, machine)
            if code is not None:
                _keep(path, code)
        return None if code is None else self._call(self._address(code, machine))

    def _digest(self, machine: Any) -> str:
        """Return a digest of everything that the machine code depends on."""
        versions = sys.version_info[:2], import_module("llvmlite").__version__  # each Numba requires one llvmlite
        description = repr((self.arguments, _fingerprint(self.function), versions, machine.triple, _processor()))
        return hashlib.sha256(description.encode()).hexdigest()[:24]

    def _compile(self, numba: ModuleType, machine: Any) -> bytes | None:
        """Return machine code; None if Numba cannot compile the function to code without external symbols."""
        types = numba.types
        given = [
            types.CPointer(getattr(types, text[:-1])) if text.endswith("*") else getattr(types, text)
            for text in self.arguments
        ]
        try:
            made = numba.cfunc(types.int64(*given), error_model="numpy")(_for_numba(self.function, numba))
        except numba.core.errors.NumbaError:
            return None
        text = made.inspect_llvm()
        if not all(_OF_C.fullmatch(name) for name in _DECLARED.findall(text)):
            return None
        text = text.replace(made.native_name, self.function.__name__)
        code: bytes = machine.emit_object(import_module("llvmlite.binding").parse_assembly(text))
        return code

    def _address(self, code: bytes, machine: Any) -> int:
        """Link machine code into this process; return the address of the function."""
        llvm = import_module("llvmlite.binding")
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        _PROCESS.linked.append(engine)
        return int(engine.get_function_address(self.function.__name__))

    def _call(self, address: int) -> _Compiled:
        places = [ctypes.c_void_p if text.endswith("*") else ctypes.c_int64 for text in self.arguments]
        compiled = ctypes.CFUNCTYPE(ctypes.c_int64, *places)(address)  # lets other threads run
        kinds = [np.dtype(text[:-1]) if text.endswith("*") else None for text in self.arguments]

        def call(*given: int | NDArray[Any]) -> int:
            values = [
                value if kind is None else _place_of(value, kind) for kind, value in zip(kinds, given, strict=True)
            ]
            return int(compiled(*values))

        return call


def kernel(*arguments: str) -> Callable[[Callable[..., int]], Kernel]:
    """Return a decorator that makes a ``Kernel`` of a function.

    Examples
    --------
    >>> @kernel("uint8*", "int64")
    ... def tabs(data, size):
    ...     found = 0
    ...     for place in range(size):
    ...         found += data[place] == 9
    ...     return found
    >>> tabs.after(1_000) is None, tabs.function(b"1 2", 3)  # too little to load it for
    (True, 0)
    """

    def made(function: Callable[..., int]) -> Kernel:
        _KERNELS.append(Kernel(function, arguments))
        return _KERNELS[-1]

    return made


def load_kept() -> None:
    """Load every kernel of the imported modules whose machine code is cached, for processes forked from this one."""
    for each in _KERNELS:
        each.load_kept()


def _place_of(value: Any, kind: np.dtype[Any]) -> int:
    """Return the address of an array in memory."""
    if value.dtype != kind or not value.flags.c_contiguous:
        raise TypeError(f"a kernel takes contiguous arrays of {kind} here, but got {value.dtype}")
    return int(value.ctypes.data)


@cache
def _installed(name: str) -> ModuleType | None:
    """Import a module, if it and Numba are installed; None otherwise."""
    try:
        return import_module(name) if find_spec("numba") else None
    except (ImportError, OSError):  # for another Python, NumPy or processor: the NumPy path does not need it
        return None


@cache
def _processor() -> tuple[str, str]:
    llvm = import_module("llvmlite.binding")
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _machine(llvm: ModuleType) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = _processor()
    return llvm.Target.from_default_triple().create_target_machine(cpu=name, features=features, opt=3, jit=True)


def _used(function: Callable[..., int]) -> dict[str, Any]:
    """Return the globals that a function uses: integers and plain functions."""
    code, names = function.__code__, function.__globals__
    return {name: names[name] for name in code.co_names if isinstance(names.get(name), int | FunctionType)}


def _fingerprint(function: Callable[..., int]) -> tuple[object, ...]:
    """Return the bytecode, constants and names that define a function, and those of the functions that it calls."""
    code = function.__code__
    used = [
        (name, _fingerprint(v) if isinstance(v, FunctionType) else v) for name, v in sorted(_used(function).items())
    ]
    return code.co_code, code.co_consts, code.co_names, code.co_varnames, used


def _for_numba(function: Callable[..., int], numba: ModuleType) -> FunctionType:
    """Return a copy of a function in which the plain functions that it calls are compiled."""
    used = {
        name: numba.njit(error_model="numpy", inline="always")(_for_numba(value, numba))
        if isinstance(value, FunctionType)
        else value
        for name, value in _used(function).items()
    }
    return FunctionType(function.__code__, {**used, "__builtins__": __builtins__}, function.__name__)


def _folder() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"))
    return (home if home.is_absolute() else Path(os.devnull)) / "genorx" / "kernels"  # nothing can be cached there


def _kept(path: Path) -> bytes | None:
    """Return cached machine code of this user; None if there is none, or its checksum is wrong."""
    try:
        data = path.read_bytes() if path.stat().st_uid == os.getuid() else b""
    except OSError:
        return None
    return data[_SUM:] if hashlib.sha256(data[_SUM:]).digest() == data[:_SUM] else None


def _keep(path: Path, code: bytes) -> None:
    """Cache machine code atomically; if the cache cannot be written, the code is compiled again next time."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with suppress(OSError), os.fdopen(handle, "wb") as out:
            out.write(hashlib.sha256(code).digest() + code)
        os.replace(name, path)
