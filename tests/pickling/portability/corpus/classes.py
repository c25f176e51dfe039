"""Classes, as people write them in cells."""

from corpus.definition import Definition, cell

CLASSES = [
    Definition(
        name="Account",
        cell=cell("""
class Account:
    \"\"\"An account.\"\"\"
    rate = 0.5
    opened = []

    def __init__(self, owner, balance=0):
        self.owner, self.balance = owner, balance

    def deposit(self, amount):
        self.balance += amount
        return self

    @property
    def interest(self):
        return self.balance * self.rate

    @interest.setter
    def interest(self, value):
        self.balance = value / self.rate

    @classmethod
    def empty(cls, owner):
        return cls(owner)

    @staticmethod
    def currency():
        return "EUR"
"""),
        call="(Account('a', 4).deposit(6).interest, Account.empty('b').balance, Account.currency(), Account.__doc__)",
        expected=(5.0, 0, "EUR", "An account."),
    ),
    Definition(
        name="account",
        cell=cell("""
class Stored:
    def __init__(self, value):
        self.value = value
        self.cache = {"a": value}
    def __getstate__(self):
        return {"value": self.value}
    def __setstate__(self, state):
        self.__dict__.update(state)
        self.cache = {"a": self.value}
account = Stored(7)
"""),
        call="(account.value, account.cache)",
        expected=(7, {"a": 7}),
    ),
    Definition(
        name="shapes",
        cell=cell("""
class Shape:
    def __init__(self, name):
        self.name = name
    def describe(self):
        return f"{self.name} of {self.area()}"
    def area(self):
        return 0
class Square(Shape):
    def __init__(self, side):
        super().__init__("square")
        self.side = side
    def area(self):
        return super().area() + self.side ** 2
shapes = [Shape("none"), Square(3)]
"""),
        call="[shape.describe() for shape in shapes]",
        expected=["none of 0", "square of 9"],
    ),
    Definition(
        name="Vector",
        cell=cell("""
class Vector:
    __slots__ = ("x", "y")
    def __init__(self, x, y):
        self.x = x
        self.y = y
    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)
    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)
    def __hash__(self):
        return hash((self.x, self.y))
    def __repr__(self):
        return f"Vector({self.x}, {self.y})"
    def __getitem__(self, index):
        return (self.x, self.y)[index]
    def __bool__(self):
        return bool(self.x or self.y)
"""),
        call="(repr(Vector(1, 2) + Vector(3, 4)), len({Vector(1, 1), Vector(1, 1)}), Vector(5, 6)[1], bool(Vector(0, 0)))",
        expected=("Vector(4, 6)", 1, 6, False),
    ),
    Definition(
        name="Registry",
        cell=cell("""
class Registry:
    known = {}
    def __init_subclass__(cls, /, key=None, **others):
        super().__init_subclass__(**others)
        Registry.known[key or cls.__name__] = cls
class First(Registry, key="1"):
    pass
class Second(Registry):
    pass
"""),
        call="sorted(Registry.known)",
        expected=["1", "Second"],
    ),
    Definition(
        name="Fails",
        cell=cell("""
class TooSmall(ValueError):
    def __init__(self, size, least=3):
        super().__init__(f"{size} < {least}")
        self.size = size
def Fails(size):
    try:
        raise TooSmall(size)
    except ValueError as error:
        return str(error), error.size, type(error).__name__
"""),
        call="Fails(1)",
        expected=("1 < 3", 1, "TooSmall"),
    ),
]
