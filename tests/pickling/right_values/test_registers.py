"""Instances whose class looks their subclass up in a register, while they are loaded, find that register filled."""

import pytest
from notebook import Notebook

REGISTERS = {
    "filled by __init_subclass__, asked by the subclass": """
        class Base:
            register = {}
            def __init_subclass__(cls): Base.register[cls.__name__] = cls
            def __init__(self, n): self.n = n
            @classmethod
            def make(cls, name, n): return cls.register[name](n)
            def __reduce__(self): return type(self).make, (type(self).__name__, self.n)
        class A(Base): pass
        class B(Base): pass
    """,
    "filled by __init_subclass__, asked by the base": """
        class Base:
            register = {}
            def __init_subclass__(cls): Base.register[cls.__name__] = cls
            def __init__(self, n): self.n = n
            @classmethod
            def make(cls, name, n): return cls.register[name](n)
            def __reduce__(self): return Base.make, (type(self).__name__, self.n)
        class A(Base): pass
        class B(Base): pass
    """,
    "of the class, filled by a decorator": """
        class A:
            register = {}
            @classmethod
            def known(cls, sub):
                cls.register[sub.__name__] = sub
                return sub
            def __init__(self, n): self.n = n
            @classmethod
            def make(cls, name, n): return cls.register[name](n)
            def __reduce__(self): return self.make, (type(self).__name__, self.n)
        A.known(A)
        @A.known
        class B(A): pass
    """,
    "of many, which is read for instances": """
        class A:
            register = {str(number): int for number in range(300)}
            def __init__(self, n): self.n = n
            @classmethod
            def make(cls, name, n): return cls.register[name](n)
            def __reduce__(self): return self.make, (type(self).__name__, self.n)
        class B(A): pass
        A.register.update(A=A, B=B)
    """,
    "of the notebook": """
        REGISTER = {}
        def known(cls):
            REGISTER[cls.__name__] = cls
            return cls
        def make(name, n): return REGISTER[name](n)
        @known
        class A:
            def __init__(self, n): self.n = n
            def __reduce__(self): return make, (type(self).__name__, self.n)
        @known
        class B(A): pass
    """,
}
HOLDERS = {
    "a global": "v = [A(1), B(2)]\ndef look(x): return v",
    "attributes of the class itself": "A.first, A.list = A(1), [B(2)]\ndef look(x): return [A.first, *A.list]",
    "a method's variable": "v = [A(1), B(2)]\nA.look = lambda self: v\ndef look(x): return A(0).look()",
}


@pytest.mark.parametrize("held", HOLDERS)
@pytest.mark.parametrize("register", REGISTERS)
def test_the_register_is_there_first(notebook: Notebook, register: str, held: str) -> None:
    """Wherever the instances are held, also beside the register itself."""
    notebook.run(REGISTERS[register])
    notebook.run(HOLDERS[held])
    notebook.run("def f(x): return [(type(one) is A, type(one) is B, one.n) for one in look(x)]")
    assert notebook.there("f", 0) == notebook.here("f", 0) == "[(True, False, 1), (False, True, 2)]"
