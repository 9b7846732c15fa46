"""Student's t by + − × ÷ √ alone, so that every machine prints the same digits.

1. ``log`` and ``exp`` reduce their argument exactly and sum a short series.
2. ``t_tail`` is the incomplete beta function by its continued fraction.
3. ``t_quantile`` and ``normal_quantile`` invert by Newton steps and bisection.

Sources: Abramowitz & Stegun 1964, 26.5.8, 26.7.1 and 6.1.41; Lentz 1976, doi:10.1364/AO.15.000668.
"""

from __future__ import annotations

from functools import lru_cache
from math import frexp, inf, ldexp, sqrt

_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10
_LN_2PI_HALF = 0.9189385332046727
_SQRT_HALF = 0.7071067811865476


def log(x: float) -> float:
    """Natural logarithm of x > 0, to about 1e-15 relative."""
    mantissa, exponent = frexp(x)
    if mantissa < _SQRT_HALF:
        mantissa, exponent = mantissa * 2.0, exponent - 1
    s = (mantissa - 1.0) / (mantissa + 1.0)
    square, total = s * s, 0.0
    for k in range(29, 0, -2):
        total = total * square + 1.0 / k
    return exponent * _LN2_HIGH + (2.0 * s * total + exponent * _LN2_LOW)


def exp(x: float) -> float:
    """Exponential; 0 below -700, an overflow is the caller's error."""
    if x < -700.0:
        return 0.0
    k = int(x * 1.4426950408889634 + (0.5 if x >= 0 else -0.5))
    rest = (x - k * _LN2_HIGH) - k * _LN2_LOW
    total = 1.0
    for j in range(17, 0, -1):
        total = 1.0 + rest * total / j
    return ldexp(total, k)


def _log_gamma(x: float) -> float:
    product = 1.0
    while x < 16.0:
        product *= x
        x += 1.0
    inverse = 1.0 / (x * x)
    series = (((-1.0 / 1680.0 * inverse + 1.0 / 1260.0) * inverse - 1.0 / 360.0) * inverse + 1.0 / 12.0) / x
    return (x - 0.5) * log(x) - x + _LN_2PI_HALF + series - log(product)


@lru_cache(maxsize=4096)
def _log_beta_half(a: float) -> float:
    """log B(a, 1/2)."""
    return _log_gamma(a) + 0.5723649429247001 - _log_gamma(a + 0.5)


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, modified Lentz."""
    tiny = 1e-300
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > tiny else tiny)
    value = d
    for m in range(1, 400):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for term in (even, odd):
            d = 1.0 + term * d
            c = 1.0 + term / c
            d = 1.0 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            value *= d * c
        if abs(d * c - 1.0) < 1e-15:
            break
    return value


def t_tail(t: float, df: float) -> float:
    """P(|T| ≥ |t|) of Student's t with ``df`` > 0 degrees of freedom, two-sided."""
    if t == 0.0:
        return 1.0
    if abs(t) == inf:
        return 0.0
    square = t * t
    x, a, b = df / (df + square), 0.5 * df, 0.5
    front = exp(a * log(x) + b * log(square / (df + square)) - _log_beta_half(a))
    if x < (a + 1.0) / (a + b + 2.0):
        return min(1.0, front * _fraction(a, b, x) / a)
    return max(0.0, 1.0 - front * _fraction(b, a, square / (df + square)) / b)


def t_upper(t: float, df: float) -> float:
    """P(T ≥ t), one-sided."""
    half = 0.5 * t_tail(t, df)
    return half if t >= 0 else 1.0 - half


@lru_cache(maxsize=65536)
def t_quantile(tail: float, df: float) -> float:
    """The t ≥ 0 with P(|T| ≥ t) = ``tail``, for 0 < tail < 1."""
    low, high, t = 0.0, float("inf"), _guess(tail, df)
    for _ in range(200):
        gap = t_tail(t, df) - tail
        low, high = (t, high) if gap > 0 else (low, t)
        log_density = -_log_beta_half(0.5 * df) - 0.5 * log(df) - 0.5 * (df + 1.0) * log(1.0 + t * t / df)
        step = t + gap / (2.0 * exp(log_density))
        if not low < step < high:
            step = 2.0 * t + 1.0 if high == float("inf") else 0.5 * (low + high)
        if abs(step - t) <= 1e-13 * (1.0 + t):
            return step
        t = step
    return t


def _guess(tail: float, df: float) -> float:
    """A starting value: Abramowitz & Stegun 26.2.23 and 26.7.5."""
    u = sqrt(-2.0 * log(0.5 * tail))
    z = u - (2.515517 + u * (0.802853 + u * 0.010328)) / (
        1.0 + u * (1.432788 + u * (0.189269 + u * 0.001308))
    )
    cube = z * z * z
    return max(
        1e-8, z + (cube + z) / (4.0 * df) + (5.0 * cube * z * z + 16.0 * cube + 3.0 * z) / (96.0 * df * df)
    )


def normal_quantile(p: float) -> float:
    """The z with P(Z ≤ z) = p, 0 < p < 1: t with 10⁷ degrees of freedom and its first correction."""
    if p == 0.5:
        return 0.0
    t = t_quantile(2.0 * min(p, 1.0 - p), 1e7)
    z = t - (t * t * t + t) / 4e7
    return z if p > 0.5 else -z


def root(x: float) -> float:
    """√x, correctly rounded everywhere."""
    return sqrt(x)
