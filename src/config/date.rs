//! Calendar dates, for entries that expire.

use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar; later days are greater.
pub type Date = toml::value::Date;

/// Reads `2027-01-31`; `None` for anything else, and for days that do not exist.
pub fn parse_date(text: &str) -> Option<Date> {
    let moment: toml::value::Datetime = text.parse().ok()?;
    moment.date.filter(|_| moment.time.is_none() && text.len() == 10)
}

/// The day in UTC. Call it once and pass the value on, so that a run has one today.
pub fn today() -> Date {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    date_of_day(seconds / 86_400)
}

/// The date `days` after 1970-01-01.
pub fn date_of_days(days: u32) -> Date {
    date_of_day(u64::from(days))
}

/// A moment in UTC, given in seconds since 1970, as `2027-01-31T12:00:00Z`. What is before 1970 is clamped to it.
pub fn moment(seconds: i64) -> String {
    let seconds = seconds.max(0).unsigned_abs();
    let (day, rest) = (date_of_day(seconds / 86_400), seconds % 86_400);
    format!("{day}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The date `days` after 1970-01-01. Dates past the year 9999 are clamped to its last day.
fn date_of_day(days: u64) -> Date {
    const LAST: Date = Date { year: 9999, month: 12, day: 31 };
    // Counting from 1 March of year 0 puts the leap day last, so months have a closed form
    // (Hinnant, "chrono-compatible low-level date algorithms").
    let days = days.min(3_000_000) + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    match (u16::try_from(year), u8::try_from(month), u8::try_from(day)) {
        (Ok(year), Ok(month), Ok(day)) if year <= LAST.year => Date { year, month, day },
        _ => LAST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        fn check(days: u64, expected: &str) {
            assert_eq!(date_of_day(days).to_string(), expected);
        }
        check(0, "1970-01-01");
        check(58, "1970-02-28");
        check(59, "1970-03-01");
        check(789, "1972-02-29");
        check(11_016, "2000-02-29");
        check(20_454, "2026-01-01");
        check(u64::MAX, "9999-12-31");
    }

    #[test]
    fn seconds_become_moments() {
        assert_eq!(moment(1_700_000_000), "2023-11-14T22:13:20Z");
        assert_eq!(moment(-1), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn only_whole_existing_days_are_dates() {
        fn check(text: &str, expected: bool) {
            assert_eq!(parse_date(text).is_some(), expected, "{text}");
        }
        check("2027-01-31", true);
        check("2028-02-29", true);
        check("2027-02-29", false);
        check("2027-13-01", false);
        check("2027-1-1", false);
        check("2027-01-31T00:00:00Z", false);
        check("tomorrow", false);
        check("", false);
    }

    #[test]
    fn later_dates_are_greater() {
        assert!(parse_date("2027-01-31") < parse_date("2027-02-01"));
        assert!(parse_date("2026-12-31") < parse_date("2027-01-01"));
    }
}
