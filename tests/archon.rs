//! The main job: the suite archon-workflow on a private Postgres, with the program as people run it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use support::{root, run};

/// "Expected Output" of the specification, to the byte.
const EXPECTED: &str = "\
🚀 Starting Workflow Schema Validation
================================================
📋 Checking Tables...
✅ archon_workflow_templates table exists
✅ archon_workflow_executions table exists
✅ archon_workflow_step_executions table exists
✅ archon_workflow_template_versions table exists
🏷️  Checking Enums...
✅ workflow_status enum exists
✅ workflow_step_type enum exists
✅ workflow_execution_status enum exists
✅ step_execution_status enum exists
📊 Checking Indexes...
✅ Workflow indexes created (13 found)
🔒 Checking RLS Policies...
✅ RLS policies created (8 found)
⚡ Checking Triggers...
✅ Triggers created (3 found)
🧪 Testing Basic Operations...
✅ Workflow template insertion works
✅ Workflow template deletion works
================================================
🎉 Workflow Schema Validation Complete!
";

#[test]
fn a_passing_check_prints_the_expected_output_and_nothing_else() {
    let run = run(&root(), ["check", "archon-workflow"]);
    assert_eq!(run.out, EXPECTED, "{}", run.err);
    assert_eq!(run.code, 0);
    assert!(run.err.contains("target: embedded Postgres"), "{}", run.err);
}

#[test]
fn verify_proves_the_way_back_and_forth() {
    let run = run(&root(), ["verify", "archon-workflow"]);
    assert_eq!(run.code, 0, "{}\n{}", run.out, run.err);
    let proof = "🔁 Proving Setup and Rollback...\n✅ Rollback leaves nothing behind\n✅ Each migration is undone by its own rollback\n✅ Setup works a second time, with the same result\n";
    assert!(run.out.contains(proof), "{}", run.out);
}
