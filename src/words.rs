//! Numbers, times and lists as people read them.
//!
//! All that is shown takes its words from here, so that the same thing has the same words everywhere.

use std::time::Duration;

/// A number with commas between its thousands: `1,234,567`.
pub fn grouped(number: impl TryInto<u64>) -> String {
    let digits = whole(number).to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// So many of something: `0 tables`, `1 table`, `1,000 tables`.
pub fn count(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = whole(number);
    format!("{} {}", grouped(number), agree(number, one, many))
}

/// The form that goes with a number: `is` with 1, `are` with any other.
pub fn agree<'a>(number: impl TryInto<u64>, one: &'a str, many: &'a str) -> &'a str {
    match whole(number) {
        1 => one,
        _ => many,
    }
}

/// How much of something there is: `1 of its 2 statements`.
pub fn part(
    done: impl TryInto<u64>,
    of: impl TryInto<u64> + Copy,
    one: &str,
    many: &str,
) -> String {
    format!("{} of its {}", grouped(done), count(of, one, many))
}

/// How long something took: `0.004 s`, `59.96 s`, `1 min 1 s`.
pub fn duration(time: Duration) -> String {
    match (time.as_micros() + 500) / 1_000 {
        0 => "0 s".to_owned(),
        // What took time does not say that it took none.
        ms @ 1..10 => format!("0.00{ms} s"),
        // 59.996 s would be 60.00 s.
        ms @ 10..59_995 => {
            let hundredths = (ms + 5) / 10;
            format!("{}.{:02} s", hundredths / 100, hundredths % 100)
        }
        ms => {
            let seconds = (ms + 500) / 1_000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

/// How large something is: `999 B`, `12 kB`, `1.2 GB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!(
            "{}.{} GB",
            grouped(bytes / 1_000_000_000),
            bytes / 100_000_000 % 10
        ),
    }
}

/// A whole list in a sentence: `a`, `a and b`, `a, b and c`.
pub fn and(names: &[impl AsRef<str>]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [before @ .., last] => format!("{} and {}", comma(before), last.as_ref()),
    }
}

/// The first of a list in a sentence: `a, b and 2 more`. A list that is not cut has commas only.
pub fn few(names: &[impl AsRef<str>], most: usize) -> String {
    let (shown, rest) = names.split_at(names.len().min(most));
    match rest.len() {
        0 => comma(shown),
        more => format!("{} and {} more", comma(shown), grouped(more)),
    }
}

/// The same where the list alone does not say what they are: `a, b and 2 more tables`.
pub fn few_of(names: &[impl AsRef<str>], most: usize, one: &str, many: &str) -> String {
    let few = few(names, most);
    match names.len().saturating_sub(most) {
        0 => few,
        more => format!("{few} {}", agree(more, one, many)),
    }
}

/// The first of a list that has a line each, and the line for the others: `… and 12 more`.
pub fn first<T>(all: &[T], most: usize) -> (&[T], Option<String>) {
    let (shown, rest) = all.split_at(all.len().min(most));
    let more = (!rest.is_empty()).then(|| format!("… and {} more", grouped(rest.len())));
    (shown, more)
}

/// A text, its end cut off where it has more than `most` characters.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The first line of a text, in `most` characters; whatever is not shown is marked.
pub fn first_line(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default().trim_end();
    let cut = cut(line, most);
    match line.len() == text.len() || cut.len() != line.len() {
        true => cut,
        false => format!("{cut}…"),
    }
}

/// Enough of a checksum to tell two apart; one that is short anyway is whole.
pub fn checksum(text: &str) -> String {
    match text.get(..12) {
        Some(start) if text.len() > 16 => format!("{start}…"),
        _ => text.to_owned(),
    }
}

fn whole(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or(u64::MAX)
}

fn comma(names: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_agrees_with_its_noun_and_has_its_thousands_apart() {
        let told = [0, 1, 2, 999, 1_000, 1_234_567].map(|number| count(number, "table", "tables"));
        assert_eq!(
            told,
            [
                "0 tables",
                "1 table",
                "2 tables",
                "999 tables",
                "1,000 tables",
                "1,234,567 tables"
            ]
        );
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        let are = [0, 1, 2].map(|number| agree(number, "is", "are"));
        assert_eq!(are, ["are", "is", "are"]);
        let done = [(0, 1), (1, 2), (1_000, 1_001)];
        assert_eq!(
            done.map(|(done, of)| part(done, of, "statement", "statements")),
            [
                "0 of its 1 statement",
                "1 of its 2 statements",
                "1,000 of its 1,001 statements"
            ]
        );
    }

    #[test]
    fn a_time_is_exact_where_it_is_short() {
        let told = [
            0,
            499,
            500,
            4_000,
            9_499,
            9_500,
            14_000,
            15_000,
            1_000_000,
            59_960_000,
            59_994_499,
            59_994_500,
            60_000_000,
            61_000_000,
            125_499_000,
            3_600_000_000,
        ]
        .map(|micros| duration(Duration::from_micros(micros)));
        assert_eq!(
            told,
            [
                "0 s",
                "0 s",
                "0.001 s",
                "0.004 s",
                "0.009 s",
                "0.01 s",
                "0.01 s",
                "0.02 s",
                "1.00 s",
                "59.96 s",
                "59.99 s",
                "1 min 0 s",
                "1 min 0 s",
                "1 min 1 s",
                "2 min 5 s",
                "60 min 0 s"
            ]
        );
    }

    #[test]
    fn a_size_has_the_unit_that_fits() {
        let told = [
            0,
            999,
            1_000,
            999_999,
            12_345_678,
            1_290_000_000,
            1_234_500_000_000,
        ]
        .map(size);
        assert_eq!(
            told,
            [
                "0 B",
                "999 B",
                "1 kB",
                "999 kB",
                "12 MB",
                "1.2 GB",
                "1,234.5 GB"
            ]
        );
    }

    #[test]
    fn a_list_in_a_sentence_is_whole_or_says_how_many_more_there_are() {
        let names = ["a", "b", "c", "d"];
        let whole = [0, 1, 2, 3, 4].map(|most| and(&names[..most]));
        assert_eq!(whole, ["", "a", "a and b", "a, b and c", "a, b, c and d"]);
        let cut = [0, 1, 2, 3, 4].map(|most| few(&names[..most], 2));
        assert_eq!(cut, ["", "a", "a, b", "a, b and 1 more", "a, b and 2 more"]);
        let cut = [2, 3, 4].map(|most| few_of(&names[..most], 2, "table", "tables"));
        assert_eq!(
            cut,
            ["a, b", "a, b and 1 more table", "a, b and 2 more tables"]
        );
    }

    #[test]
    fn a_list_in_lines_ends_with_how_many_more_there_are() {
        let (shown, more) = first(&["a", "b"], 2);
        assert_eq!((shown, more), (["a", "b"].as_slice(), None));
        let (shown, more) = first(&["a", "b", "c"], 2);
        assert_eq!(shown, ["a", "b"]);
        assert_eq!(more.as_deref(), Some("… and 1 more"));
        let (shown, more) = first(&[0; 1_234], 0);
        assert_eq!(
            (shown.len(), more.as_deref()),
            (0, Some("… and 1,234 more"))
        );
    }

    #[test]
    fn what_is_cut_is_marked() {
        let cuts = ["", "é", "éa", "éab"].map(|text| cut(text, 2));
        assert_eq!(cuts, ["", "é", "éa", "éa…"]);
        let lines =
            ["select 1", "select 12", "select\n1", "select 12\n"].map(|text| first_line(text, 8));
        assert_eq!(lines, ["select 1", "select 1…", "select…", "select 1…"]);
        assert_eq!(checksum("d6d1d3ba"), "d6d1d3ba");
        assert_eq!(checksum(&"54a59b9f22b0ff".repeat(2)), "54a59b9f22b0…");
    }
}
