//! Small expressions over the columns of one table, most of them valid.

/// A generator of numbers: the same seed gives the same expressions.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    pub(crate) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn in_a(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// The table that the expressions are about, and what else they use.
pub(crate) const TABLE: &str = r#"
    create type public.mood as enum ('sad', 'ok', 'happy');
    create schema app;
    create type app.mood as enum ('sad', 'ok', 'happy');
    create domain public.email as text;
    create table public.t (
        a integer, b integer, big bigint, small smallint, amount numeric(5, 2), ratio double precision, r real,
        name varchar(20), note text, code char(3), ident name, data jsonb, raw json, tags text[], vtags varchar[],
        nums integer[], feeling public.mood, mood app.mood, user_id uuid, at timestamptz, ts timestamp, d date,
        i interval, tm time, flag boolean, "Odd" integer, "position" integer, "current_user" text, bits bit(3),
        vb varbit, pay money, mail public.email, span int4range
    );
    create function public.f(integer) returns integer language sql immutable as 'select $1';
    create function public.g(text) returns text language sql immutable as 'select $1';
    create function public.h(varchar) returns varchar language sql immutable as 'select $1';
    create type public."Shout" as enum ('A');
    create type public."date" as enum ('today');
    create type public."timestamp" as enum ('now');
    create type public."integer" as enum ('one');
    create type public."a.b" as enum ('a');
    create type public."a b" as enum ('a');
    create function public.n() returns name language sql immutable as 'select null::name';
    create function public.o(integer) returns integer language sql immutable as 'select $1';
    create function public.o(numeric) returns numeric language sql immutable as 'select $1';
    create function public.o(text) returns text language sql immutable as 'select $1';
    create function public.o(date) returns date language sql immutable as 'select $1';
    create function public.now() returns timestamptz language sql immutable as 'select null::timestamptz';
    create function public.abs(text) returns text language sql immutable as 'select $1';
"#;

const TYPES: [&str; 20] = [
    "integer",
    "int8",
    "smallint",
    "numeric",
    "numeric(5,2)",
    "float8",
    "real",
    "text",
    "varchar",
    "varchar(5)",
    "char(3)",
    "bpchar",
    "name",
    "jsonb",
    "json",
    "timestamptz",
    "timestamp",
    "date",
    "public.mood",
    "text[]",
];

/// A cast or parentheses that may or may not matter.
fn around(dice: &mut Dice, inner: String) -> String {
    match dice.below(14) {
        0 => format!("({inner})"),
        1 => format!("({inner})::{}", dice.one(&TYPES)),
        2 => format!("cast({inner} as {})", dice.one(&TYPES)),
        _ => inner,
    }
}

fn number(dice: &mut Dice, depth: usize) -> String {
    let inner = if depth == 0 || dice.in_a(3) {
        match dice.below(3) {
            0 => dice
                .one(&[
                    "0",
                    "1",
                    "2",
                    "-1",
                    "100",
                    "0.5",
                    "1.50",
                    "-2.5",
                    "99999999999",
                    "'1'",
                    "'-1'",
                    "'1'::integer",
                    "1::numeric",
                    "2::bigint",
                    "'3'::numeric",
                    "1::int",
                    "- 1",
                    "-(1)",
                    "+1",
                    "1e3",
                ])
                .to_owned(),
            _ => dice
                .one(&[
                    "a", "b", "big", "small", "amount", "ratio", "r", "\"Odd\"", "position", "A",
                    "\"a\"", "t.a",
                ])
                .to_owned(),
        }
    } else {
        match dice.below(10) {
            0..=4 => {
                let op = dice.one(&["+", "-", "*", "/", "%", "^"]);
                format!(
                    "{} {op} {}",
                    number(dice, depth - 1),
                    number(dice, depth - 1)
                )
            }
            5 => format!("- {}", number(dice, depth - 1)),
            6 => format!(
                "{}({})",
                dice.one(&[
                    "abs", "f", "o", "round", "public.f", "public.o", "sign", "floor"
                ]),
                number(dice, depth - 1)
            ),
            7 => format!("length({})", text(dice, depth - 1)),
            8 => {
                let function = dice.one(&["coalesce", "nullif", "greatest"]);
                format!(
                    "{function}({}, {})",
                    number(dice, depth - 1),
                    number(dice, depth - 1)
                )
            }
            _ => dice
                .one(&[
                    "extract(epoch from at)",
                    "array_length(tags, 1)",
                    "nums[1]",
                    "jsonb_array_length(data)",
                    "(data ->> 'n')::int",
                    "cardinality(tags)",
                    "array_length(array[1, 2], 1)",
                ])
                .to_owned(),
        }
    };
    around(dice, inner)
}

fn text(dice: &mut Dice, depth: usize) -> String {
    let inner = if depth == 0 || dice.in_a(3) {
        match dice.below(3) {
            0 => dice
                .one(&[
                    "'x'",
                    "''",
                    "'a b'",
                    "'it''s'",
                    "$$x$$",
                    "E'x'",
                    "E'a\\\\b'",
                    "'x'::text",
                    "'x'::varchar",
                    "'x'::bpchar",
                    "'x'::name",
                    "'x'::varchar(5)",
                    "text 'x'",
                    "'1'",
                    "N'x'",
                    "null",
                    "null::text",
                ])
                .to_owned(),
            _ => dice
                .one(&[
                    "name",
                    "note",
                    "code",
                    "ident",
                    "mail",
                    "\"current_user\"",
                    "current_user",
                    "tags[1]",
                    "NAME",
                ])
                .to_owned(),
        }
    } else {
        match dice.below(9) {
            0 | 1 => format!("{} || {}", text(dice, depth - 1), text(dice, depth - 1)),
            2 | 3 => {
                let function = dice.one(&[
                    "lower",
                    "upper",
                    "g",
                    "h",
                    "o",
                    "md5",
                    "btrim",
                    "public.g",
                    "initcap",
                    "pg_catalog.lower",
                ]);
                format!("{function}({})", text(dice, depth - 1))
            }
            4 => format!(
                "data ->> {}",
                dice.one(&["'k'", "'a b'", "'k'::text", "0", "'0'", "'0'::int"])
            ),
            5 => {
                let function = dice.one(&["coalesce", "nullif", "concat", "greatest"]);
                format!(
                    "{function}({}, {})",
                    text(dice, depth - 1),
                    text(dice, depth - 1)
                )
            }
            6 => format!(
                "case when {} then {} else {} end",
                truth(dice, depth - 1),
                text(dice, depth - 1),
                text(dice, depth - 1)
            ),
            7 => format!("left({}, {})", text(dice, depth - 1), number(dice, 0)),
            _ => format!("{} collate \"C\"", text(dice, depth - 1)),
        }
    };
    around(dice, inner)
}

fn time(dice: &mut Dice) -> String {
    let inner = dice
        .one(&[
            "at",
            "ts",
            "d",
            "now()",
            "public.now()",
            "current_timestamp",
            "current_date",
            "'2020-01-01'",
            "'2020-01-01'::date",
            "date '2020-01-01'",
            "timestamp '2020-01-01 00:00:00'",
            "'2020-01-01 00:00:00+00'",
            "at + interval '1 day'",
            "ts - '1 day'::interval",
            "at at time zone 'utc'",
            "ts at time zone 'utc'::text",
            "timezone('utc', at)",
            "d + 1",
            "d + '1 day'::interval",
            "date_trunc('day', at)",
            "'2020-01-01 00:00:00'::timestamp",
            "'2020-01-01 00:00:00+00'::timestamptz",
        ])
        .to_owned();
    around(dice, inner)
}

const COMPARE: [&str; 8] = ["=", "<>", "!=", "<", ">", "<=", ">=", "is distinct from"];

/// An expression that a check constraint could be.
pub(crate) fn truth(dice: &mut Dice, depth: usize) -> String {
    if depth > 0 && dice.in_a(3) {
        let inner = match dice.below(6) {
            0 | 1 => format!("{} and {}", truth(dice, depth - 1), truth(dice, depth - 1)),
            2 => format!("{} or {}", truth(dice, depth - 1), truth(dice, depth - 1)),
            3 => format!("not {}", truth(dice, depth - 1)),
            4 => format!(
                "({}) is {}",
                truth(dice, depth - 1),
                dice.one(&["null", "not null", "true", "not false", "unknown"])
            ),
            _ => format!("({})", truth(dice, depth - 1)),
        };
        return inner;
    }
    let deeper = depth.min(2);
    match dice.below(16) {
        0..=2 => format!(
            "{} {} {}",
            number(dice, deeper),
            dice.one(&COMPARE),
            number(dice, deeper)
        ),
        3..=5 => {
            let op = dice.one(&[
                "=",
                "<>",
                "<",
                "~",
                "~*",
                "!~",
                "like",
                "not like",
                "ilike",
                "is distinct from",
                ">=",
            ]);
            format!("{} {op} {}", text(dice, deeper), text(dice, deeper))
        }
        6 => format!("{} {} {}", time(dice), dice.one(&COMPARE), time(dice)),
        7 => format!(
            "{} between {} and {}",
            number(dice, 0),
            number(dice, 0),
            number(dice, 0)
        ),
        8 => format!(
            "{} {}in ({}, {})",
            number(dice, 0),
            dice.one(&["", "not "]),
            number(dice, 0),
            number(dice, 0)
        ),
        9 => format!(
            "{} {}in ({}, {})",
            text(dice, 0),
            dice.one(&["", "not "]),
            text(dice, 0),
            text(dice, 0)
        ),
        10 => format!(
            "{} {} any (array[{}, {}])",
            text(dice, 0),
            dice.one(&["=", "<>", "~"]),
            text(dice, 0),
            text(dice, 0)
        ),
        11 => {
            let literal = dice.one(&[
                "'ok'",
                "'ok'::mood",
                "'ok'::public.mood",
                "'sad'::app.mood",
                "'ok'::text",
            ]);
            format!(
                "{} {} {literal}",
                dice.one(&["feeling", "mood", "feeling::text", "\"feeling\""]),
                dice.one(&COMPARE)
            )
        }
        12 => dice
            .one(&[
                "user_id = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
                "auth.uid() = user_id",
                "auth.role() = 'anon'",
                "auth.uid() = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
                "n() = 'x'",
                "n() = 'x'::text",
                "public.n() = 'x'::name",
                "flag",
                "flag = true",
                "flag is true",
                "not flag",
                "flag = 'true'",
                "\"current_user\" = current_user",
                "true",
                "feeling in ('sad', 'ok')",
                "feeling = any (array['sad', 'ok']::mood[])",
                "name = any (array['a', 'b'])",
                "name in ('a', 'b')",
                "note = any ('{a,b}')",
                "note = any ('{a,b}'::text[])",
                "f(1) / 2 > 0",
                "f(1) / 2::numeric > 0",
                "span @> 1",
                "pay > '1'",
                "bits = '101'",
                "bits = B'101'",
                "bits = '101'::bit(3)",
                "i > '1 day'",
                "i > interval '1 day'",
                "i * 2 > '1 day'",
                "tm > '10:00'",
                "tm < '10:00'::time",
                "amount in (1, 2.5)",
                "big in (1, 2)",
                "big = any (array[1, 2])",
                "small in (1, 2)",
                "amount not in (1, 2)",
                "a = any (array[1, 2])",
                "a = any (nums)",
                "2 = any (nums)",
                "note = some (tags)",
                "h('x') = 'x'",
                "h(name) = h('x'::varchar)",
                "o('x') = 'x'",
                "o(1) = 1",
                "o(1::numeric) = 1",
                "o('2020-01-01'::date) = d",
                "pay * 2 > pay",
                "pay * 2::float8 > pay",
                "r > 0",
                "r > 0.5",
                "r + 1 > 0",
                "ratio * 2 > 1",
                "data = '1'",
                "data = '{\"a\": 1, \"b\" : [1,2]}'",
            ])
            .to_owned(),
        13 => {
            let op = dice.one(&["@>", "<@", "?", "->", "="]);
            let literal = dice.one(&[
                "'{\"a\":1}'",
                "'{\"a\": 1}'::jsonb",
                "'k'",
                "'k'::text",
                "'[]'",
            ]);
            if op == "->" {
                format!("data -> {literal} is not null")
            } else {
                format!("data {op} {literal}")
            }
        }
        14 => {
            let literal = dice.one(&[
                "'{a}'",
                "array['a']",
                "array['a', 'b']::text[]",
                "'{a}'::text[]",
                "array['a']::varchar[]",
                "array['a'::varchar]",
            ]);
            format!(
                "{} {} {literal}",
                dice.one(&["tags", "vtags"]),
                dice.one(&["@>", "&&", "="])
            )
        }
        _ => format!("{} is {}null", text(dice, deeper), dice.one(&["", "not "])),
    }
}

/// Something close to an expression that may mean something else: a cast, a quote, a parenthesis, an operator more or less.
pub(crate) fn neighbour(dice: &mut Dice, of: &str) -> String {
    let swaps: [(&str, &str); 26] = [
        ("::text", ""),
        ("::integer", ""),
        ("::numeric", ""),
        ("::varchar", ""),
        ("::bpchar", ""),
        ("::bigint", ""),
        ("(", ""),
        ("'1'", "1"),
        (" and ", " or "),
        (" + ", " - "),
        (" = ", " <> "),
        ("name", "note"),
        ("note", "name"),
        ("public.", ""),
        ("'x'", "'x'::text"),
        ("'x'", "'x'::varchar"),
        ("'x'", "'x'::name"),
        (" a ", " a::text "),
        ("1", "1::numeric"),
        ("1", "1::bigint"),
        ("2", "'2'"),
        ("amount", "ratio"),
        ("a b", "ab"),
        ("lower(", "upper("),
        (">", ">="),
        ("not ", ""),
    ];
    for _ in 0..40 {
        let (from, to) = swaps[dice.below(swaps.len())];
        if !of.contains(from) {
            continue;
        }
        if from == "(" {
            return without_one_pair(dice, of);
        }
        let count = of.matches(from).count();
        let nth = dice.below(count);
        let (at, _) = of.match_indices(from).nth(nth).unwrap();
        return format!("{}{to}{}", &of[..at], &of[at + from.len()..]);
    }
    format!("({of})")
}

fn without_one_pair(dice: &mut Dice, of: &str) -> String {
    let opens: Vec<usize> = of.match_indices('(').map(|(at, _)| at).collect();
    let open = opens[dice.below(opens.len())];
    let mut depth = 0;
    for (at, c) in of.char_indices().skip_while(|(at, _)| *at < open) {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 {
            return format!("{} {} {}", &of[..open], &of[open + 1..at], &of[at + 1..]);
        }
    }
    of.to_owned()
}
