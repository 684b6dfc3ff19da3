//! `kqlite plan`: prints the plan of a query, as it runs or after each rewrite. It must not know how plans are made.

use std::fmt::Write;

use crate::args::Plan;
use crate::failure::Failure;
use crate::output::{eprint_str, print_str};
use crate::session::{Load, Session};

/// Prints the plan of a query.
pub fn plan(arguments: &Plan) -> Result<(), Failure> {
    let session = Session::open(&arguments.source, Load::ForOneRun)?;
    if session.query.is_open() {
        eprint_str(
            "note: columns of a plugin depend on its rows, and the plan is made when they are known: this is the plan \
             that they are read with\n",
        );
    }
    if !arguments.each {
        return print_str(&session.query.plan());
    }
    let mut out = String::new();
    for step in session.query.plan_steps() {
        let _ = writeln!(
            out,
            "{}{}:\n{}",
            if out.is_empty() { "" } else { "\n" },
            step.rewrite,
            step.plan.trim_end()
        );
    }
    print_str(&out)
}
