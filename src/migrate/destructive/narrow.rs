//! Whether every value of a type is one of another type too, with nothing lost.

use crate::meaning::spelt_type;

/// Whether a column can go from one type to the other, and keep what it holds.
pub(super) fn keeps(from: &str, to: &str) -> bool {
    let (from, to) = (spelt_type(from), spelt_type(to));
    if from == to {
        return true;
    }
    let ((old, old_size), (new, new_size)) = (parts(&from), parts(&to));
    let numbers = ["smallint", "integer", "bigint"];
    let place = |name: &str| numbers.iter().position(|known| *known == name);
    match (old.as_str(), new.as_str()) {
        // Every type has a text, but an array of a type is another matter.
        (_, "text") => true,
        ("character varying" | "character", "character varying") => fits(&old_size, &new_size),
        ("character", "character") | ("bit varying", "bit varying") => fits(&old_size, &new_size),
        ("numeric", "numeric") => fits_numeric(&old_size, &new_size),
        ("real", "double precision") | ("date", "timestamp without time zone") => true,
        ("smallint", "real") | ("smallint" | "integer", "double precision") => true,
        ("json", "jsonb") | ("cidr", "inet") | ("uuid", "character varying") => new_size.is_empty(),
        (old, new) if old == new => fits(&old_size, &new_size),
        (old, new) => match (place(old), place(new)) {
            (Some(old), Some(new)) => old <= new,
            (Some(_), None) => new == "numeric" && new_size.is_empty(),
            _ => false,
        },
    }
}

/// A longer limit, or none.
fn fits(old: &[i64], new: &[i64]) -> bool {
    match (old, new) {
        (_, []) => true,
        ([old], [new]) => old <= new,
        _ => false,
    }
}

/// As many digits before the point and behind it.
fn fits_numeric(old: &[i64], new: &[i64]) -> bool {
    match (old, new) {
        (_, []) => true,
        ([digits, scale], [new_digits, new_scale]) => {
            new_scale >= scale && new_digits - new_scale >= digits - scale
        }
        _ => false,
    }
}

/// `numeric(10,2)` as its name and its numbers.
fn parts(text: &str) -> (String, Vec<i64>) {
    let Some((before, rest)) = text.split_once('(') else {
        return (text.to_owned(), Vec::new());
    };
    let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
    let numbers = inside.split(',').filter_map(|n| n.trim().parse().ok());
    (format!("{}{after}", before.trim_end()), numbers.collect())
}

#[cfg(test)]
mod tests {
    use super::keeps;

    #[test]
    fn a_wider_type_keeps_what_is_there() {
        for (from, to) in [
            ("integer", "bigint"),
            ("integer", "int8"),
            ("smallint", "numeric"),
            ("character varying(10)", "varchar(20)"),
            ("character varying(10)", "varchar"),
            ("character varying", "text"),
            ("numeric(10,2)", "numeric(12,2)"),
            ("numeric(10,2)", "numeric"),
            ("real", "float8"),
            ("timestamp(3) without time zone", "timestamp"),
            ("public.mood", "text"),
            ("text", "TEXT"),
        ] {
            assert!(keeps(from, to), "{from} → {to}");
        }
    }

    #[test]
    fn a_narrower_type_does_not() {
        for (from, to) in [
            ("bigint", "int"),
            ("text", "varchar(10)"),
            ("character varying(20)", "varchar(10)"),
            ("text", "integer"),
            ("numeric(10,2)", "numeric(10,4)"),
            ("numeric(10,2)", "integer"),
            ("numeric", "numeric(10,2)"),
            ("double precision", "real"),
            ("timestamp with time zone", "date"),
            ("timestamp without time zone", "timestamp(0)"),
            ("text", "public.mood"),
            ("text[]", "varchar(3)[]"),
            ("bigint", "float8"),
        ] {
            assert!(!keeps(from, to), "{from} → {to}");
        }
    }
}
