//! Expressions as people usually write them.
//!
//! Left out, since they are not recognised: operands of different string types (`coalesce(name, note)`, a varchar and
//! a text), constants beside constants, intervals and times in another spelling than the server's (`interval '1 days'`,
//! `'10:00'`), bit strings, columns of a domain beside a text, `<type> '…'` of numbers, subqueries with FROM.

use crate::generate::Dice;

/// What a check constraint or policy usually looks like: all of it valid, without a needless cast.
pub(crate) fn common(dice: &mut Dice, depth: usize) -> String {
    if depth > 0 {
        let (a, b) = (common(dice, depth - 1), common(dice, depth - 1));
        return match dice.below(6) {
            0 | 1 => format!("{a} and {b}"),
            2 => format!("({a} or {b})"),
            3 => format!("({a}) OR ({b})"),
            4 => format!("NOT ({a})"),
            _ => format!("({a}) and ({b} or {a})"),
        };
    }
    let compare = dice.one(&["=", "<>", "!=", "<", ">", "<=", ">=", "is distinct from"]);
    let equal = dice.one(&["=", "<>", "!=", "is distinct from"]);
    let integer = dice.one(&["0", "1", "-1", "100"]);
    let number = dice.one(&["0", "1", "-1", "0.5", "-2.5", "100"]);
    let whole = dice.one(&[
        "a",
        "b",
        "big",
        "small",
        "\"Odd\"",
        "position",
        "a + b",
        "a * 2",
        "length(note)",
        "length(name)",
        "char_length(btrim(name))",
        "array_length(tags, 1)",
        "coalesce(a, 0)",
        "a - b * 2",
        "(a + b) * 2",
        "jsonb_array_length(data)",
        "abs(a)",
        "f(a)",
        "a % 2",
        "- a",
    ]);
    let decimal = dice.one(&[
        "amount",
        "ratio",
        "amount + 1",
        "ratio * 2",
        "coalesce(amount, 0)",
        "a / 2.0",
        "amount * a",
        "round(amount, 1)",
    ]);
    let words = dice.one(&[
        "note",
        "name",
        "lower(note)",
        "lower(name)",
        "note || 'x'",
        "name || '-' || note",
        "data ->> 'k'",
        "data -> 'k' ->> 'l'",
        "data #>> '{a,b}'",
        "upper(trim_it(name))",
        "coalesce(note, '')",
        "coalesce(name, '')",
        "h(name)",
        "btrim(note)",
        "left(note, 2)",
        "split_part(name, '@', 2)",
        "replace(note, ' ', '')",
        "g(note)",
        "tags[1]",
        "substring(note, 1, 2)",
    ]);
    let words = words.replace("trim_it", "btrim");
    let text = dice.one(&["'x'", "''", "'it''s'", "'a b'"]);
    match dice.below(20) {
        0..=2 => format!("{whole} {compare} {integer}"),
        3 => format!("{decimal} {compare} {number}"),
        4 => format!("a {compare} b and {whole} {compare} 5"),
        5 | 6 => format!("{words} {equal} {text}"),
        7 => format!(
            "{words} {} '^[a-z]+$'",
            dice.one(&["~", "~*", "!~", "like", "not like", "ilike"])
        ),
        8 => format!("{words} is {}null", dice.one(&["", "not "])),
        9 => format!(
            "{} between 0 and 10",
            dice.one(&["a", "amount", "ratio", "big", "a + b"])
        ),
        10 => format!("feeling {equal} 'ok'"),
        11 => format!(
            "{} in ('a', 'b', 'c')",
            dice.one(&["note", "name", "lower(note)", "data ->> 'k'"])
        ),
        12 => format!("feeling {}in ('ok', 'sad')", dice.one(&["", "not "])),
        13 => format!(
            "{} in (1, 2, 3)",
            dice.one(&["a", "big", "amount", "small"])
        ),
        14 => dice
            .one(&[
                "user_id = auth.uid()",
                "auth.uid() = user_id",
                "(select auth.uid()) = user_id",
                "auth.role() = 'service_role'",
                "auth.jwt() ->> 'role' = 'admin'",
                "(auth.jwt() -> 'app_metadata' ->> 'role') = 'admin'",
                "user_id is not null",
                "current_user = 'postgres'",
                "(select auth.role()) = 'authenticated'",
                "user_id = (auth.jwt() ->> 'sub')::uuid",
            ])
            .to_owned(),
        15 => dice
            .one(&[
                "flag",
                "not flag",
                "flag is true",
                "flag is not false",
                "flag = true",
                "true",
                "false",
            ])
            .to_owned(),
        16 => dice
            .one(&[
                "at > now()",
                "at < now() - interval '1 day'",
                "d >= current_date",
                "at >= ts",
                "at > ts at time zone 'utc'",
                "extract(year from at) > 2000",
                "d is null or d > current_date",
                "i > interval '1 day'",
                "date_trunc('day', at) = at",
            ])
            .to_owned(),
        17 => dice
            .one(&[
                "data @> '{\"a\":1}'",
                "data ? 'k'",
                "jsonb_typeof(data) = 'object'",
                "data -> 'k' is not null",
                "data = '{}'",
                "data <> '[]'",
                "tags @> array['a']",
                "tags && array['a', 'b']",
                "'a' = any (tags)",
                "tags = '{}'",
                "2 = any (nums)",
                "cardinality(tags) > 0",
                "note = any (tags)",
                "data ?| array['a', 'b']",
            ])
            .to_owned(),
        18 => dice
            .one(&[
                "case when flag then a > 0 else b > 0 end",
                "(case when flag then 'x' else 'y' end) = note",
                "nullif(note, '') is not null",
                "greatest(a, b) > 0",
                "num_nonnulls(a, b) = 1",
                "cast(a as text) = '1'",
                "a::text = '1'",
                "(data ->> 'n')::integer > 0",
                "a is not distinct from b",
                "note collate \"C\" > 'x'",
                "starts_with(note, 'x')",
            ])
            .to_owned(),
        _ => format!("t.{}", dice.one(&["a > 0", "note = 'x'", "name <> 'x'"])),
    }
}
