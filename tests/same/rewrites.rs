//! The suite archon-workflow in other words: what means the same must report nothing.

use crate::support::{Project, Run, Server, root, run};

const SUITE: &str = "validations/archon-workflow.yaml";

/// Other words for the same: pairs of what stands in the file and what to put there.
const REWRITES: &[(&str, &[(&str, &str)])] = &[
    (
        "type aliases",
        &[
            (": integer", ": int4"),
            (": boolean", ": bool"),
            (": timestamptz", ": timestamp with time zone"),
            (": varchar(255)", ": character varying(255)"),
            ("numeric(5, 2)", "decimal(5,2)"),
        ],
    ),
    (
        "case and white space",
        &[
            (" not null", " NOT  NULL"),
            (" default ", " DEFAULT "),
            ("now()", "NOW( )"),
            (": jsonb", ": JSONB"),
            ("varchar(255)", "VarChar ( 255 )"),
            ("on delete cascade", "ON  DELETE CASCADE"),
            (" and progress_percentage", "   AND   Progress_Percentage"),
        ],
    ),
    (
        "null said",
        &[
            (
                "description: text default ''",
                "description: text null default ''",
            ),
            (
                "category: varchar(100)",
                "category: varchar(100) default null",
            ),
        ],
    ),
    (
        "default before not null",
        &[(
            "steps: jsonb not null default '[]'",
            "steps: jsonb default '[]' not null",
        )],
    ),
    (
        "casts written out",
        &[
            ("default 'draft'", "default 'draft'::workflow_status"),
            ("default '{}'", "default '{}'::jsonb"),
            ("default '1.0.0'", "default '1.0.0'::character varying"),
            ("default 'update'", "default 'update'::varchar"),
            ("default ''", "default ''::text"),
            (
                "step_execution_status default 'pending'",
                "step_execution_status default cast('pending' as step_execution_status)",
            ),
        ],
    ),
    (
        "parentheses",
        &[
            ("max_retries >= 0", "((max_retries) >= (0))"),
            ("using: \"true\"", "using: \"((true))\""),
            ("default 60", "default (60)"),
            ("default now()", "default (now())"),
        ],
    ),
    (
        "as the server prints it",
        &[
            (
                "name ~ '^[a-z0-9_-]+$'",
                "((name)::text ~ '^[a-z0-9_-]+$'::text)",
            ),
            (
                "progress_percentage >= 0 and progress_percentage <= 100",
                "((progress_percentage >= (0)::numeric) AND (progress_percentage <= (100)::numeric))",
            ),
            ("timeout_minutes > 0", "(timeout_minutes > 0)"),
            (
                "status: workflow_status default 'draft'",
                "status: public.workflow_status default 'draft'::public.workflow_status",
            ),
        ],
    ),
    (
        "another way to say a range",
        &[(
            "progress_percentage >= 0 and progress_percentage <= 100",
            "progress_percentage between 0 and 100",
        )],
    ),
    (
        "columns named by their table",
        &[(
            "timeout_minutes > 0",
            "archon_workflow_templates.timeout_minutes > 0",
        )],
    ),
    (
        "quoted names",
        &[
            (
                "  archon_workflow_templates:\n    comment",
                "  '\"archon_workflow_templates\"':\n    comment",
            ),
            ("columns: [name]", "columns: ['\"name\"']"),
            ("timeout_minutes > 0", "'\"timeout_minutes\" > 0'"),
            (
                "sub_workflow_execution_id: archon_workflow_executions (id)",
                "sub_workflow_execution_id: '\"archon_workflow_executions\" (\"id\")'",
            ),
        ],
    ),
    (
        "names with their schema",
        &[
            (
                "  archon_workflow_templates:\n    comment",
                "  public.archon_workflow_templates:\n    comment",
            ),
            ("  workflow_status: [", "  public.workflow_status: ["),
            (
                "    idx_archon_workflow_templates_name:",
                "    public.idx_archon_workflow_templates_name:",
            ),
            (
                "table: archon_workflow_templates",
                "table: public.archon_workflow_templates",
            ),
            (
                "archon_workflow_executions (id) on delete",
                "public.archon_workflow_executions (id) on delete",
            ),
            (
                "function: update_updated_at_column()",
                "function: public.update_updated_at_column()",
            ),
            (
                "    update_updated_at_column():\n",
                "    public.update_updated_at_column():\n",
            ),
            (
                "step_type: workflow_step_type",
                "step_type: public.workflow_step_type",
            ),
            (
                "default gen_random_uuid()",
                "default pg_catalog.gen_random_uuid()",
            ),
        ],
    ),
    (
        "long forms",
        &[
            (
                "version: varchar(50) default '1.0.0'",
                "version: {type: varchar(50), default: \"'1.0.0'\"}",
            ),
            (
                "title: text not null",
                "title: {not_null: true, type: text}",
            ),
            (
                "sub_workflow_execution_id: archon_workflow_executions (id)",
                "sub_workflow_execution_id: {on_delete: no action, table: archon_workflow_executions, columns: [id]}",
            ),
            (
                "workflow_status: [draft, active, deprecated, archived]",
                "workflow_status: {labels: [draft, active, deprecated, archived]}",
            ),
        ],
    ),
    (
        "a key without its column",
        &[(
            "workflow_template_id: archon_workflow_templates (id) on delete cascade",
            "workflow_template_id: references archon_workflow_templates on delete cascade on update no action",
        )],
    ),
    (
        "index columns as CREATE INDEX takes them",
        &[
            ("columns: [name]", "columns: [name asc nulls last]"),
            (
                "columns: [workflow_template_id, status]",
                "columns: [(workflow_template_id), status ASC]",
            ),
        ],
    ),
    (
        "other order of keys",
        &[
            (
                "    table: archon_workflow_templates\n      method: gin\n      columns: [tags]",
                "    columns: [tags]\n      method: gin\n      table: archon_workflow_templates",
            ),
            (
                "      id: uuid not null default gen_random_uuid()\n      name: varchar(255) not null",
                "      name: varchar(255) not null\n      id: uuid not null default gen_random_uuid()",
            ),
            (
                "command: select\n        roles: [public]",
                "roles: [public]\n        command: select",
            ),
        ],
    ),
    (
        "a body in another hand",
        &[(
            "          new.updated_at = now();\n",
            "          -- The time of the transaction.\n          NEW.updated_at\n            = now(); /* always */\n",
        )],
    ),
];

struct Rewritten {
    server: Server,
    project: Project,
}

impl Rewritten {
    fn on(server: Server) -> Self {
        let setup = run(
            &root(),
            [
                "setup",
                "archon-workflow",
                "--yes",
                "--target",
                &server.target("postgres"),
            ],
        );
        assert_eq!(setup.code, 0, "{}\n{}", setup.out, setup.err);
        let project = Project::new(&[]);
        for file in std::fs::read_dir(root().join("sql/archon-workflow")).unwrap() {
            let file = file.unwrap();
            let path = format!("sql/archon-workflow/{}", file.file_name().to_str().unwrap());
            project.write(&path, &std::fs::read(file.path()).unwrap());
        }
        Self { server, project }
    }

    fn check(&self, yaml: &str) -> Run {
        self.project.write(SUITE, yaml.as_bytes());
        self.project.run([
            "check",
            "archon-workflow",
            "--target",
            &self.server.target("postgres"),
        ])
    }
}

fn rewritten(yaml: &str, name: &str, pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(yaml.to_owned(), |yaml, (from, to)| {
        assert!(yaml.contains(from), "{name}: `{from}` stands nowhere");
        yaml.replace(from, to)
    })
}

#[test]
fn the_same_in_other_words_reports_nothing() {
    for bed in Server::each().map(Rewritten::on) {
        let yaml = std::fs::read_to_string(root().join(SUITE)).unwrap();
        let mut wrong = Vec::new();
        for (name, pairs) in REWRITES {
            let run = bed.check(&rewritten(&yaml, name, pairs));
            if run.code != 0 {
                wrong.push(format!(
                    "{name}: exit code {}\n{}\n{}",
                    run.code, run.out, run.err
                ));
            }
        }
        // Each of these rewrites could also hide everything: a change among them is still seen.
        for (name, pairs) in REWRITES {
            let changed =
                rewritten(&yaml, name, pairs).replace("max_attempts > 0", "max_attempts > 1");
            let run = bed.check(&changed);
            if run.code != 1 || !run.out.contains("chk_max_attempts_positive") {
                wrong.push(format!(
                    "{name}, changed: exit code {}\n{}",
                    run.code, run.out
                ));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn the_order_of_roles_and_of_trigger_columns_does_not_count() {
    for bed in Server::each().map(Rewritten::on) {
        bed.server.sql("postgres",
        "create role \"Zed\"; create role \"_low\";
         alter policy \"Allow public read access to archon_workflow_templates\" on archon_workflow_templates
           to service_role, \"Zed\", anon, \"_low\";
         create or replace trigger update_archon_workflow_templates_updated_at before update of title, name
           on archon_workflow_templates for each row execute function update_updated_at_column()");
        let yaml = std::fs::read_to_string(root().join(SUITE)).unwrap();
        for (roles, columns) in [
            ("anon, _low, service_role, Zed", "name, title"),
            ("Zed, service_role, anon, _low", "title, name"),
        ] {
            let yaml = yaml
                .replacen("roles: [public]", &format!("roles: [{roles}]"), 1)
                .replacen(
                    "events: [update]",
                    &format!("events: [update]\n        columns: [{columns}]"),
                    1,
                );
            let run = bed.check(&yaml);
            assert_eq!(run.code, 0, "{}\n{}", run.out, run.err);
        }
    }
}
