"""Arrays of numpy and frames of pandas: views of each other's memory, orders, types, what is written to."""

from case import EDIT, Part
from hypothesis import strategies as st
from left_out import drawn

_ARRAYS = {
    "views": (
        "a{n} = np.arange(12).reshape(3, 4) + EDIT_{n}\nv{n} = a{n}[1:, ::2]\nt{n} = a{n}.T",
        ["a{n}", "v{n}", "t{n}"],
        "(a{n}.sum(), v{n}.tolist(), t{n}.shape, np.shares_memory(a{n}, v{n}), written(v{n}), a{n}.tolist())",
    ),
    "view alone": (
        "v{n} = np.arange(10)[2:8:2]\nv{n} = v{n} * 1 if {k} == 2 else v{n}",
        ["v{n}"],
        "(v{n}.tolist(), written(v{n}), EDIT_{n})",
    ),
    "read only": (
        "r{n} = np.arange(3)\nr{n}.flags.writeable = False",
        ["r{n}"],
        "(r{n}.flags.writeable, EDIT_{n})",
    ),
    "fortran": (
        "f{n} = np.asfortranarray(np.arange(6.0).reshape(2, 3))",
        ["f{n}"],
        "(f{n}.flags.f_contiguous, f{n}.tolist(), f{n}.strides, EDIT_{n})",
    ),
    "structured": (
        "s{n} = np.array([(1, 2.5, 'x')], dtype=[('a', 'i4'), ('b', 'f8'), ('c', 'U3')])",
        ["s{n}"],
        "(s{n}['b'].tolist(), s{n}.dtype.names, EDIT_{n})",
    ),
    "objects": (
        "shared{n} = [{k}]\no{n} = np.array([shared{n}, None, 'a', shared{n}], dtype=object)",
        ["o{n}", "shared{n}"],
        "(o{n}[0] is o{n}[3], o{n}[0] is shared{n}, o{n}.tolist(), EDIT_{n})",
    ),
    "scalars": (
        "z{n} = np.array({k})\nx{n} = np.float32(1.5)\ni{n} = np.int8(EDIT_{n} % 50)\nd{n} = np.datetime64('2024-01-01')",
        ["z{n}", "x{n}", "i{n}", "d{n}"],
        "(z{n}.shape, x{n}.dtype, i{n} + 1, str(d{n}))",
    ),
    "generator": (
        "rng{n} = np.random.default_rng({k})\nrng{n}.random()\nold{n} = np.random.RandomState({k})",
        ["rng{n}", "old{n}"],
        "(rng{n}.random(), old{n}.rand(), EDIT_{n})",
    ),
    "masked": (
        "m{n} = np.ma.masked_array([1, 2, {k}], mask=[0, 1, 0])",
        ["m{n}"],
        "(m{n}.sum(), m{n}.mask.tolist(), EDIT_{n})",
    ),
    "subclass": (
        "class Arr{n}(np.ndarray):\n    def __array_finalize__(self, obj): self.tag = getattr(obj, 'tag', {k})\n"
        "q{n} = np.arange(3).view(Arr{n})",
        ["q{n}", "Arr{n}"],
        "(type(q{n}) is Arr{n}, q{n}.tolist(), type(q{n}[1:]) is Arr{n}, EDIT_{n})",
    ),
    "large": (
        "big{n} = np.zeros(40_000) + EDIT_{n}\npart{n} = big{n}[10:20]\nbig{n}[3] = {k}",
        ["big{n}", "part{n}"],
        "(big{n}.sum(), np.shares_memory(part{n}, big{n}), big{n}.flags.writeable)",
    ),
    "in an object": (
        "class Net{n}:\n    def __init__(self):\n        self.all = np.arange(6) + {k}\n        self.head = self.all[:2]\n"
        "    def step(self):\n        self.head += EDIT_{n}\n        return self.all.tolist()\nnet{n} = Net{n}()",
        ["net{n}", "Net{n}"],
        "net{n}.step()",
    ),
    "universal function": (
        "uf{n} = np.frompyfunc(lambda x: x + EDIT_{n}, 1, 1)\nvec{n} = np.vectorize(lambda x: x * {k})\nsq{n} = np.sqrt",
        ["vec{n}", "sq{n}"],
        "(vec{n}(np.arange(3)).tolist(), float(sq{n}(4)), EDIT_{n})",
    ),
}
_FRAMES = {
    "frame": (
        "df{n} = pd.DataFrame({{'a': [1, 2, EDIT_{n}], 'b': ['x', None, 'z'], 'c': [1.5, float('nan'), {k}]}})\n"
        "df{n}.attrs['note'] = [{k}]",
        ["df{n}"],
        "(df{n}.describe().to_dict(), df{n}.dtypes.astype(str).to_dict(), df{n}.attrs)",
    ),
    "column": (
        "df{n} = pd.DataFrame({{'a': [1, 2, {k}]}}, index=pd.Index(['x', 'y', 'z'], name='i'))\ncol{n} = df{n}['a']",
        ["df{n}", "col{n}"],
        "(col{n}.to_dict(), col{n}.name, df{n}.index.name, EDIT_{n})",
    ),
    "categories": (
        "cat{n} = pd.Series(pd.Categorical(['a', 'b', 'a'], categories=['b', 'a', 'c'], ordered=True))",
        ["cat{n}"],
        "(cat{n}.cat.codes.tolist(), cat{n}.cat.ordered, cat{n}.min(), EDIT_{n})",
    ),
    "times": (
        "ts{n} = pd.Series(range(3), index=pd.date_range('2024-01-01', periods=3, tz='UTC'))",
        ["ts{n}"],
        "(ts{n}.index.freqstr, str(ts{n}.index.tz), ts{n}.sum(), EDIT_{n})",
    ),
    "levels": (
        "ml{n} = pd.DataFrame(np.arange(4).reshape(2, 2), columns=pd.MultiIndex.from_tuples([('a', 1), ('b', 2)]))",
        ["ml{n}"],
        "(ml{n}['a'].to_dict(), ml{n}.columns.nlevels, EDIT_{n})",
    ),
    "objects": (
        "inner{n} = [{k}]\nob{n} = pd.Series([inner{n}, inner{n}, {{'a': 1}}])",
        ["ob{n}"],
        "(ob{n}[0] is ob{n}[1], ob{n}.tolist(), EDIT_{n})",
    ),
    "grouped": (
        "gr{n} = pd.DataFrame({{'g': ['a', 'b', 'a'], 'v': [1, 2, {k}]}}).groupby('g')",
        ["gr{n}"],
        "(gr{n}['v'].sum().to_dict(), EDIT_{n})",
    ),
    "query by name": (
        "LIMIT{n} = {k}\nqf{n} = pd.DataFrame({{'a': [1, 2, 3]}})\ndef asked{n}(): return qf{n}.query('a > @LIMIT{n}')['a'].tolist()",
        ["asked{n}"],
        "(asked{n}(), EDIT_{n})",
    ),
    "nullable": (
        "nu{n} = pd.array([1, None, {k}], dtype='Int64')\nst{n} = pd.Series(['a', None], dtype='string')",
        ["nu{n}", "st{n}"],
        "(nu{n}.sum(), st{n}.isna().tolist(), EDIT_{n})",
    ),
}
TOOLS = """
def written(array):
    'Write to the array, and return what is in it.'
    array.flat[0] = 77
    return array.tolist()
"""


@st.composite
def arrays(draw: st.DrawFn, number: int) -> Part:
    """Arrays that see the same memory, or of unusual kinds."""
    return _part(draw, number, _ARRAYS, "numpy")


@st.composite
def frames(draw: st.DrawFn, number: int) -> Part:
    """Frames, series and indices of pandas."""
    return _part(draw, number, _FRAMES, "pandas")


def _part(draw: st.DrawFn, number: int, kinds: dict[str, tuple[str, list[str], str]], library: str) -> Part:
    kind = draw(st.sampled_from(drawn(kinds)))
    text, names, probe = kinds[kind]
    filled = {"n": number, "k": draw(st.integers(1, 3))}
    return Part(
        cells=(*((TOOLS,) if "written(" in probe else ()), f"EDIT_{number} = {EDIT}\n{text.format(**filled)}"),
        names=tuple(each.format(**filled) for each in names),
        probes=(probe.format(**filled),),
        is_shared_state=True,
        labels=(library, f"{library}: {kind}"),
    )
