"""The noisy number line: closed forms against simulation, integration and what is known."""

import math
import tracemalloc

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import rel_entr
from scipy.stats import norm

from vae_tutorial import channel

LAYOUTS = {
    "two": ([0, 1], 0.4),
    "equal": ([0, 1, 2, 3], 0.7),
    "uneven": ([-3, 0.5, 0.75, 4], 1.1),
    "unsorted": ([4.0, -1.5, 0.2, 9.0, 1.1], 0.9),
    "far from zero": ([1002.0, 1000.0, 1001.5], 0.5),
    "noisy": ([1.0, 0.0, 2.0], 30.0),
}
layouts = pytest.mark.parametrize(("positions", "noise"), LAYOUTS.values(), ids=LAYOUTS)
FRUIT = np.array([5.43, 5.44])  # apple, banana


def test_what_is_sent_arrives_with_the_noise_added():
    positions = np.repeat([3.0, -2.0], 50_000)
    received = channel.send(positions, 0.5, np.random.default_rng(0))
    assert (received.shape, received.dtype) == (positions.shape, np.float64)
    epsilon = np.random.default_rng(0).normal(size=len(positions))
    assert np.allclose(received, positions + 0.5 * epsilon, rtol=1e-15)
    for part, mean in ((received[:50_000], 3), (received[50_000:], -2)):
        assert part.mean() == pytest.approx(mean, abs=4 * 0.5 / math.sqrt(50_000))
        assert part.std() == pytest.approx(0.5, rel=4 / math.sqrt(100_000))


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_is_found_as_by_comparing_with_all(seed):
    rng = np.random.default_rng(seed)
    positions, received = rng.normal(size=9), rng.normal(scale=2, size=500)
    wanted = np.abs(received[:, np.newaxis] - positions).argmin(axis=1)
    found = channel.nearest(received, positions)
    assert found.dtype.kind == "i" and np.array_equal(found, wanted)


@pytest.mark.parametrize("positions", [[0, 2, 4, 8], [8, 4, 2, 0], [4, 0, 8, 2]])
def test_of_two_equally_near_the_lower_is_taken(positions):
    found = channel.nearest(np.array([1, 3, 6, 1 + 1e-9, 6 - 1e-9]), np.array(positions))
    assert [positions[i] for i in found] == [0, 2, 4, 2, 4]


def test_what_arrives_unchanged_is_never_mistaken():
    close = np.array([1.0, np.nextafter(1, 2), np.nextafter(np.nextafter(1, 2), 2)])
    far = np.array([1.6e308, 1.7e308])
    for positions in (close, close[::-1], np.array([0, 5e-324]), far):
        assert channel.nearest(positions, positions).tolist() == list(range(len(positions)))
    assert channel.nearest(np.array([1.66e308]), far).tolist() == [1]  # without overflow


def test_a_million_values_take_a_moment():
    tracemalloc.start()
    channel.nearest(np.linspace(0, 1000, 10**6), np.arange(1000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**8  # comparing each with all would take eight gigabytes


@layouts
def test_confusion_is_what_integration_gives(positions, noise):
    table = channel.confusion(np.array(positions), noise)
    assert table.shape == (len(positions),) * 2 and table.dtype == np.float64
    line = sorted(positions)
    for sent, row in zip(positions, table, strict=True):
        ends = [sent - 12 * noise, *(np.add(line[1:], line[:-1]) / 2), sent + 12 * noise]
        for taken, found in zip(positions, row, strict=True):
            place = line.index(taken)
            left, right = np.clip(ends[place : place + 2], ends[0], ends[-1])
            wanted = quad(norm(sent, noise).pdf, left, right, epsabs=1e-13, points=[sent])[0]
            assert found == pytest.approx(wanted, abs=1e-10)


@layouts
def test_confusion_is_what_simulation_gives(positions, noise):
    table = channel.confusion(np.array(positions), noise)
    count = 40_000
    found = channel.simulate(np.array(positions), noise, count, seed=3)
    error = np.sqrt(table * (1 - table) / count)
    assert (np.abs(found - table) <= 4 * error + 1 / count).all()


@layouts
def test_rows_add_up_to_one_and_the_error_rate_is_what_is_off_the_diagonal(positions, noise):
    table = channel.confusion(np.array(positions), noise)
    assert np.allclose(table.sum(axis=1), 1, rtol=0, atol=1e-14) and (table > 0).all()
    off = table[~np.eye(len(table), dtype=bool)].sum() / len(table)
    assert channel.error_rate(np.array(positions), noise) == pytest.approx(off, rel=1e-12)


def test_tiny_errors_are_right():
    rate = channel.error_rate(np.array([0.0, 1.0, 2.5]), 0.05)
    assert rate == pytest.approx((norm.sf(10) + norm.sf(15)) * 2 / 3, rel=1e-6)
    table = channel.confusion(np.array([2.5, 0.0, 1.0]), 0.1)
    wanted = [
        [None, norm.sf(20), norm.sf(7.5) - norm.sf(20)],
        [norm.sf(17.5), None, norm.sf(5) - norm.sf(17.5)],
        [norm.sf(7.5), norm.sf(5), None],
    ]
    for i, j in np.argwhere(~np.eye(3, dtype=bool)):
        assert table[i, j] == pytest.approx(wanted[i][j], rel=1e-6, abs=0)
    assert table[0, 1] < 1e-80
    assert channel.error_rate(np.array([0.0, 1.0]), 1e-3) == 0  # below what a float can hold


def test_a_simulation_sends_each_name_that_often_and_comes_out_the_same_again():
    positions, count = np.array([3.0, 1.0, 2.0]), 1001
    first, again, other = (channel.simulate(positions, 0.8, count, seed=s) for s in (5, 5, 6))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    counts = first * count
    assert np.allclose(counts, counts.round(), atol=1e-9)
    assert counts.sum(axis=1).round().tolist() == [count] * 3


def test_a_simulation_in_chunks_is_the_same(monkeypatch):
    positions = np.array([0.0, 1.0, 3.0])
    wanted = channel.simulate(positions, 1.0, 50)
    monkeypatch.setattr(channel, "_CHUNK", 7)
    assert np.array_equal(channel.simulate(positions, 1.0, 50), wanted)


def test_a_simulation_takes_little_memory():
    tracemalloc.start()
    channel.simulate(FRUIT, 0.01, 10**6)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20  # the messages alone, all at once, take 16 MB, and so do four copies


@pytest.mark.parametrize("span", [(0, 10), (-2.5, 0.5)])
@pytest.mark.parametrize("error", [1e-6, 0.01, 0.2, 0.7])
@pytest.mark.parametrize("noise", [0.03, 0.3, 2, 40])
def test_as_many_names_fit_as_trying_one_after_another_finds(noise, error, span):
    n = 1
    while channel.error_rate(np.linspace(*span, n + 1), noise) <= error:
        n += 1
    assert channel.names_that_fit(noise, error, *span) == n


def test_more_names_fit_with_less_noise_and_with_more_errors_allowed():
    by_noise = [channel.names_that_fit(noise, 0.01) for noise in np.geomspace(1e-4, 100, 60)]
    by_error = [channel.names_that_fit(0.1, error) for error in np.linspace(1e-9, 1 - 1e-9, 60)]
    assert by_noise == sorted(by_noise, reverse=True) and by_noise[0] > 10_000
    assert by_noise[-1] == 1 and type(by_noise[0]) is int
    assert by_error == sorted(by_error) and by_error[-1] > 10**6 > by_error[0] > 1


def information(places, weights, noise):
    """Bits about the input in the output, by quadrature."""

    def bits(y):
        densities = norm.pdf(y, places, noise)
        return weights @ rel_entr(densities, weights @ densities) / math.log(2)

    low, high = min(places) - 9 * noise, max(places) + 9 * noise
    return quad(bits, low, high, limit=200, epsrel=1e-9)[0]


@pytest.mark.parametrize("noise", [3.1, 4, 10, 50])
def test_with_much_noise_the_capacity_is_that_of_two_points(noise):
    wanted = information([0, 10], np.array([0.5, 0.5]), noise)
    assert abs(channel.capacity(noise) - wanted) < min(0.005, 0.002 * wanted)
    assert channel.capacity(noise, tolerance=1e-4) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("noise", [2, 10 / 3.7])
def test_with_less_noise_a_third_point_in_the_middle_helps(noise):
    def three(middle):
        ends = (1 - middle) / 2
        return -information([0, 5, 10], np.array([ends, middle, ends]), noise)

    wanted = -minimize_scalar(three, bounds=(0, 0.5)).fun
    assert wanted > information([0, 10], np.array([0.5, 0.5]), noise) + 0.005
    assert channel.capacity(noise) == pytest.approx(wanted, abs=0.002)
    assert channel.capacity(noise, tolerance=1e-4) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("noise", [0.5, 1.2])
def test_no_equally_likely_names_carry_more(noise):
    found = channel.capacity(noise, tolerance=5e-4)
    carried = [
        information(np.linspace(0, 10, n), np.full(n, 1 / n), noise)
        for n in range(2, int(7 / noise) + 3)
    ]
    assert max(carried) < found < max(carried) + 0.15


@pytest.mark.parametrize("noise", [1e-9, 0.001, 0.01, 0.02, 0.05, 0.2])
def test_with_little_noise_it_lies_between_the_bounds(noise):
    ratio = 10 / (noise * math.sqrt(2 * math.pi * math.e))
    found = channel.capacity(noise)
    assert math.log2(ratio) < found <= math.log2(1 + ratio) + 0.002  # the tolerance
    if noise <= 0.02:
        assert found == pytest.approx(math.log2(ratio), abs=0.015)


@pytest.mark.parametrize("noise", [0.1, 0.7, 1.43, 2.9])
def test_a_smaller_tolerance_comes_nearer(noise):
    fine = channel.capacity(noise, tolerance=2e-4)
    for tolerance in (0.2, 0.02, 0.002):
        assert abs(channel.capacity(noise, tolerance=tolerance) - fine) < tolerance


def test_only_the_width_in_stddevs_counts():
    wanted = channel.capacity(0.5)
    assert type(wanted) is float
    for shift, scale in ((100, 1), (-5, 1), (0, 8), (3, 0.01)):
        found = channel.capacity(0.5 * scale, shift, shift + 10 * scale)
        assert found == pytest.approx(wanted, abs=0.002)


def test_more_noise_leaves_less():
    found = [channel.capacity(noise) for noise in np.geomspace(0.01, 100, 40)]
    assert (np.diff(found) < 0).all()


def test_a_table_of_all_names_stays_within_memory():
    with pytest.raises(ValueError, match="at most 4,096, not 4097"):
        channel.confusion(np.arange(4097), 1.0)
