"""Which methods and functions change what they are given, which only look, and which give parts or views of it.

Python does not say; these are the names that notebooks use. What is in none of the tables is judged by how it is
called: a statement that is nothing but a method call is made for what it changes.
"""

from __future__ import annotations


def _words(*texts: str) -> frozenset[str]:
    return frozenset(" ".join(texts).split())


STORING = _words(
    "append appendleft extend extendleft insert pop popitem popleft setdefault setflags writelines writerow writerows",
    "put put_nowait discard remove clear",
)
"""Methods of containers that change them."""
HANDED_ON = _words("append appendleft extend insert put add update setdefault discard remove")
"""Those of them that change their object where they are not called but handed on: ``callback=rows.append``."""

CHANGING = STORING | _words(
    "read readline readlines",
    # models
    "fit fit_transform fit_predict fit_resample partial_fit load_state_dict backward zero_grad train_on_batch",
    "set_params",
    # generators of random numbers carry their state
    "beta betavariate binomial chisquare choice choices dirichlet expovariate exponential gammavariate gauss geometric",
    "gamma getrandbits gumbel hypergeometric integers laplace logistic lognormal lognormvariate logseries multinomial",
    "multivariate_hypergeometric multivariate_normal negative_binomial noncentral_chisquare noncentral_f normal",
    "normalvariate pareto paretovariate permutation permuted poisson rand randbytes randint randn random",
    "random_integers random_sample randrange rayleigh shuffle standard_cauchy standard_exponential standard_gamma",
    "standard_normal standard_t triangular uniform vonmises vonmisesvariate wald weibull weibullvariate zipf",
)
"""Methods that change their receiver inside of an expression too; those of immutable tables are left out (``sort``)."""

FRAME_CHANGING = _words("insert pop update set_flags isetitem")
"""All methods of pandas that change a table or a column, but for those that are told ``inplace``."""
ARRAY_CHANGING = _words("sort fill put itemset partition resize setfield setflags byteswap")

FRESH = _words(
    # pandas
    "abs add_prefix add_suffix agg aggregate align all any asfreq asof assign astype between bfill combine_first",
    "compare convert_dtypes corr corrwith count cov crosstab cummax cummin cumprod cumsum describe diff div divide dot",
    "drop drop_duplicates droplevel dropna duplicated eq equals ewm expanding explode factorize ffill fillna filter",
    "first floordiv groupby gt ge head idxmax idxmin infer_objects interpolate isin isna isnull iterrows itertuples",
    "kurt last le lt map mask max mean median melt memory_usage merge min mode mul multiply ne ngroup nlargest notna",
    "notnull nsmallest nth nunique pct_change pipe pivot pivot_table pow prod product quantile query rank reindex",
    "rename rename_axis reorder_levels replace resample reset_index rolling round sample select_dtypes sem set_axis",
    "set_index shift size skew sort_index sort_values stack std sub subtract sum swaplevel tail truediv truncate",
    "tz_convert tz_localize unique unstack value_counts var where xs cumcount nonzero",
    # arrays
    "argmax argmin argpartition argsort clip conj conjugate flatten item ptp repeat searchsorted take tobytes tolist",
    "trace detach numpy",
    # texts, paths, patterns, times
    "capitalize casefold center decode encode endswith expandtabs find format format_map index isalnum isalpha",
    "isdecimal isdigit isidentifier islower isnumeric isspace istitle isupper join ljust lower lstrip partition",
    "removeprefix removesuffix rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase",
    "translate upper zfill exists glob iterdir read_bytes read_text resolve rglob stat unlink write_bytes write_text",
    "fullmatch group groupdict groups search findall finditer isoformat strftime timestamp total_seconds hexdigest",
    # sets and models
    "difference intersection isdisjoint issubset issuperset symmetric_difference union",
    "decision_function get_params inverse_transform predict predict_log_proba predict_proba score transform",
)
"""Methods that leave their receiver as it is and give something new: what happens to that is nothing to it."""

LOOKING = FRESH | _words(
    "info show savefig save keys values items copy print display summary render debug warning error critical exception",
    "log pprint wait result plot hist boxplot scatter pie barh evaluate most_common elements",
)
LOOKING_PREFIXES = ("to_", "get_", "is_", "has_", "save_", "print_", "show_")
"""Methods that only look: a statement that is nothing but their call changes nothing."""

VIEWS = _words(
    "ravel reshape view squeeze transpose swapaxes diagonal to_numpy asarray asanyarray atleast_1d atleast_2d",
    "atleast_3d from_numpy as_tensor moveaxis expand_dims memoryview items values",
    "parameters named_parameters",
)
"""Methods and functions through which one changes the object itself."""
VIEWING = _words("loc iloc at iat T flat real imag values")
"""Attributes through which one does."""
RETURNING_SELF = _words("fit partial_fit set_params train cuda cpu to requires_grad_ eval")
PARTS = _words("get setdefault pop popleft popitem")
"""Methods that give a part of their receiver."""

CHANGING_FIRST = _words(
    "setattr delattr next shuffle heappush heappop heapify heapreplace heappushpop insort insort_left insort_right",
    "copyto fill_diagonal put place putmask put_along_axis setitem delitem iadd iconcat iand ior isub imul __setattr__",
    "__setitem__ __delitem__ set_node_attributes set_edge_attributes add_path add_cycle add_star vector_to_parameters",
)
"""Functions that change their first argument."""

COPYING = _words("list tuple set sorted frozenset dict deque OrderedDict iter enumerate zip reversed filter chain copy")
"""Functions that give a new container, or a way through one, with the very parts of their arguments."""
PICKING = _words("max min next getattr choice heappop nlargest nsmallest")
"""Functions that give a part of their first argument."""
WRAPPING = _words("make_pipeline Pipeline make_union FeatureUnion ColumnTransformer make_column_transformer")
"""Functions that give an object which holds their arguments, and changes them with itself."""
MODULES = _words("np numpy pd pandas torch jnp cp tf math random itertools functools operator collections heapq copy")
"""Names that everybody gives to modules: where nobody knows better."""
GENERATOR_ARGUMENTS = _words("rng random_state generator gen seed")
