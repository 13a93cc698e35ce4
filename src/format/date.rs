//! Times of day and year, in one time zone for everybody.

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

/// A moment as seconds since 1970: `2026-12-01 14:05 UTC`.
pub fn date(secs: u64) -> String {
    let (year, month, day) = civil(secs / DAY);
    let minutes = secs % DAY / 60;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}

/// Year, month and day of the Gregorian calendar, so many days after the first of January 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    /// Days of 400 years, after which the calendar repeats itself.
    const ERA: u64 = 146_097;
    // Counted from the first of March of the year 0: leap days are then last in their year.
    let since = days + 719_468;
    let (era, of_era) = (since / ERA, since % ERA);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / (ERA - 1)) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Five months from March on have 153 days.
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01 00:00 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(date(1_000_000_000), "2001-09-09 01:46 UTC");
        assert_eq!(date(1_234_567_890), "2009-02-13 23:31 UTC");
        assert_eq!(date(4_107_542_399), "2100-02-28 23:59 UTC");
        assert_eq!(date(4_107_542_400), "2100-03-01 00:00 UTC", "2100 has no leap day");
    }
}
