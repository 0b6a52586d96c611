"""What a store costs, to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import inf

import pytest

from rushes.price_section import ListSettings
from rushes.sections import StoreSettings
from rushes.settings import Settings
from rushes.tiers.prices import (
    GB,
    LISTS,
    MONTH_SECONDS,
    PROVIDERS,
    Listed,
    Price,
    Rates,
    list_of,
    make_rates,
    price_of,
)

S3 = {"bucket": "b", "access_key": "a", "secret_key": "s", "endpoint": "https://s3.invalid"}
R2, WASABI = PROVIDERS["r2"], PROVIDERS["wasabi"]


@pytest.mark.covers("M-OB-03", "CF-23")
def test_a_terabyte_for_a_month_costs_what_the_price_list_says() -> None:
    """Fifteen dollars at R2, 5.90 at Wasabi."""
    month = 1000 * GB * MONTH_SECONDS

    assert (Decimal("15.000"), Decimal("5.9000")) == (R2.rent(month), WASABI.rent(month))


@pytest.mark.covers("M-OB-03")
def test_requests_are_billed_by_class() -> None:
    """Two million writes and a million reads."""
    assert Decimal("9.36") == R2.requests(2_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("price", "egress", "expected"),
    [
        (WASABI, 100 * GB, "0"),
        (PROVIDERS["b2"], 300 * GB, "0"),
        (PROVIDERS["b2"], 400 * GB, "1"),
        (PROVIDERS["aws"], 100 * GB, "9"),
        (Price(), 100 * GB, "0"),
    ],
)
def test_what_leaves_costs_beyond_what_is_free(price: Price, egress: int, expected: str) -> None:
    """Free egress is a multiple of what is stored; 100 GB are here."""
    assert Decimal(expected) == price.leaving(egress, 100 * GB)


@pytest.mark.covers("T-TI-05")
@pytest.mark.parametrize(("days", "expected"), [(0, "0.531"), (60, "0.177"), (90, "0"), (400, "0")])
def test_deleting_early_costs_the_rest_of_the_minimum(days: int, expected: str) -> None:
    """30 GB at Wasabi, whose minimum is 90 days."""
    assert Decimal(expected) == WASABI.deleting(30 * GB, days)


def test_the_settings_win_over_the_price_list() -> None:
    """What they do not name stays as published."""
    told = {**S3, "provider": "r2", "prices": {"storage": "0.01", "min_days": 30}}
    store = StoreSettings.model_validate(told)

    price = price_of(store)

    assert (Decimal("0.01"), R2.writes, 30) == (price.storage, price.writes, price.min_days)


def test_the_environment_names_prices_flat() -> None:
    """`RUSHES_STORES_MAIN_PRICES_STORAGE` arrives as `prices_storage`."""
    store = StoreSettings.model_validate({**S3, "prices_storage": "0.5"})

    assert Decimal("0.5") == price_of(store).storage


@pytest.mark.covers("M-OB-03", "CF-23")
def test_every_list_says_whence_its_figures_are() -> None:
    """And of when, where the page bears a date."""
    assert all(each.source and each.source.startswith("https://") for each in LISTS.values())
    assert {"gcs"} == {name for name, each in LISTS.items() if each.as_of is None}


@pytest.mark.covers("CF-23")
def test_a_list_of_the_settings_wins_over_ours_and_a_store_over_both() -> None:
    """What it does not name stays; its own source and date are told."""
    told = {"wasabi": ListSettings(storage=Decimal("0.0068"), as_of=date(2026, 11, 1))}
    store = StoreSettings.model_validate({**S3, "provider": "wasabi"})
    dear = StoreSettings.model_validate({**S3, "provider": "wasabi", "prices": {"storage": 1}})

    listed = list_of(store, told)

    assert (Decimal("0.0068"), 90, True) == (
        listed.price.storage, listed.price.min_days, listed.is_own
    )  # fmt: skip
    assert (date(2026, 11, 1), LISTS["wasabi"].source) == (listed.as_of, listed.source)
    assert (Decimal(1), True) == (list_of(dear, told).price.storage, list_of(dear, {}).is_own)
    assert LISTS["wasabi"] == list_of(store, {})
    assert Listed() == list_of(None, told)


def test_the_environment_names_a_list_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """`RUSHES_PRICES_WASABI_FREE_EGRESS` is that of `[prices.wasabi]`."""
    monkeypatch.setenv("RUSHES_PRICES_WASABI_FREE_EGRESS", "2")

    assert Decimal(2) == Settings.load().prices["wasabi"].free_egress


@pytest.mark.parametrize(
    "store",
    [
        None,
        StoreSettings.model_validate({"kind": "folder", "path": "/srv", "provider": "r2"}),
        StoreSettings.model_validate({**S3, "provider": "ceph"}),
    ],
)
def test_what_you_run_yourself_costs_nothing_here(store: StoreSettings | None) -> None:
    """A folder has no provider."""
    assert Price() == price_of(store)


def test_rates_are_the_prices_as_numbers() -> None:
    """Of a store that bills what leaves it."""
    rates = make_rates(R2, PROVIDERS["aws"], Decimal("0.001"))

    assert float(R2.rent(GB)) == pytest.approx(rates.rent * GB)
    assert (4.5e-06, 3.6e-07, 4e-07, 0.001) == (rates.fill, rates.read, rates.fetch, rates.penalty)
    assert pytest.approx(0.09 + 4e-07 + 0.001) == rates.miss(GB)


def test_egress_that_is_free_up_to_a_limit_counts_as_free() -> None:
    """The limit itself is watched elsewhere."""
    assert make_rates(R2, PROVIDERS["b2"], Decimal(0)).egress == 0


def test_the_break_even_window_is_what_one_miss_would_buy() -> None:
    """A tenth of the size is worth ten times as long; what costs no rent is kept for ever."""
    rates = make_rates(R2, WASABI, Decimal("0.001"))

    large, small = rates.window(GB), rates.window(GB // 10)

    assert pytest.approx(rates.miss(GB) + rates.fill - rates.read) == large * rates.rent * GB
    assert pytest.approx(10 * large) == small
    assert Rates(0, 0, 0, 0, 0, 1).window(GB) == inf
