//! The functions themselves.

/// A helper function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Helper {
    /// Its name; it lies in `public`.
    pub name: &'static str,
    /// The types of its arguments, as the server writes them.
    pub types: &'static str,
    /// Names and types of its arguments, as the server writes them.
    pub arguments: &'static str,
    /// The type of its result.
    pub returns: &'static str,
    /// The statement that creates it.
    pub sql: &'static str,
}

/// The three of them.
pub const HELPERS: [Helper; 3] = [
    Helper {
        name: "exec_sql",
        types: "text",
        arguments: "sql text",
        returns: "json",
        sql: include_str!("../../sql/bootstrap/exec_sql.sql"),
    },
    Helper {
        name: "create_table_if_not_exists",
        types: "text, text",
        arguments: "table_name text, columns text",
        returns: "void",
        sql: include_str!("../../sql/bootstrap/create_table_if_not_exists.sql"),
    },
    Helper {
        name: "drop_table_if_exists",
        types: "text",
        arguments: "table_name text",
        returns: "void",
        sql: include_str!("../../sql/bootstrap/drop_table_if_exists.sql"),
    },
];

impl Helper {
    /// `public.exec_sql(text)`.
    pub fn signature(&self) -> String {
        format!("public.{}({})", self.name, self.types)
    }

    /// Its source text.
    pub(super) fn body(&self) -> &'static str {
        self.sql.split("$function$").nth(1).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_what_its_statement_says() {
        for helper in &HELPERS {
            let head = format!(
                "create or replace function public.{}({})\nreturns {}\n",
                helper.name, helper.arguments, helper.returns
            );
            assert!(helper.sql.contains(&head), "{}", helper.name);
            assert!(helper.body().trim_end().ends_with("end;"));
        }
    }
}
