//! Primary, unique, foreign, check, exclusion and not-null constraints.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

vocabulary! {
    /// The kind of a constraint. Source: `contype` in catalog/pg_constraint.h.
    ConstraintKind {
        /// PRIMARY KEY.
        Primary = "p" as "primary key",
        /// UNIQUE.
        Unique = "u" as "unique",
        /// FOREIGN KEY.
        Foreign = "f" as "foreign key",
        /// CHECK.
        Check = "c" as "check",
        /// EXCLUDE.
        Exclusion = "x" as "exclusion",
        /// NOT NULL with a name of its own (Postgres 18). That a column is not null, the column says on every version.
        NotNull = "n" as "not null",
    }
}

vocabulary! {
    /// What a foreign key does when the referenced row changes. Source: `confdeltype` in catalog/pg_constraint.h.
    ForeignAction {
        /// NO ACTION.
        NoAction = "a" as "no action",
        /// RESTRICT.
        Restrict = "r" as "restrict",
        /// CASCADE.
        Cascade = "c" as "cascade",
        /// SET NULL.
        SetNull = "n" as "set null",
        /// SET DEFAULT.
        SetDefault = "d" as "set default",
    }
}

/// What a foreign key references.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct References {
    /// The referenced table's schema.
    pub schema: String,
    /// The referenced table.
    pub table: String,
    /// The referenced columns in order.
    pub columns: Vec<String>,
    /// ON UPDATE.
    pub on_update: ForeignAction,
    /// ON DELETE.
    pub on_delete: ForeignAction,
    /// The columns of ON DELETE SET NULL or SET DEFAULT, where not all are set.
    pub set_columns: Vec<String>,
    /// MATCH: `s` simple, `f` full, `p` partial.
    pub r#match: String,
}

/// What an exclusion constraint compares, and by which operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The column or expression as the server prints it.
    pub element: String,
    /// The operator that may not hold for two rows.
    pub operator: String,
}

/// A constraint of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ConstraintKind,
    /// The constrained columns in order.
    pub columns: Vec<String>,
    /// The expression of a check constraint.
    pub expression: Option<String>,
    /// What a foreign key references.
    pub references: Option<References>,
    /// What an exclusion constraint compares, in order.
    pub exclusion: Option<Vec<Exclusion>>,
    /// NULLS NOT DISTINCT of a unique constraint.
    pub nulls_not_distinct: bool,
    /// DEFERRABLE.
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    pub initially_deferred: bool,
    /// False after NOT VALID.
    pub validated: bool,
    /// False after NOT ENFORCED (Postgres 18).
    pub enforced: bool,
    /// NO INHERIT of a check or not-null constraint.
    pub no_inherit: bool,
    /// Whether a parent has it too.
    pub inherited: bool,
    /// The whole as the server prints it.
    pub definition: String,
    /// `COMMENT ON CONSTRAINT`.
    pub comment: Option<String>,
}

impl Kind for Constraint {
    const SQL: &'static str = include_str!("../../sql/catalog/constraints.sql");

    fn identity(&self) -> Identity {
        Identity::new(
            "constraint",
            &self.schema,
            format!("{} on {}", self.name, self.table),
        )
    }
}
