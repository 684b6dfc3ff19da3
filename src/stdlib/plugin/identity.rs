//! `identity`: the rows as they are. Source: Microsoft's parser, which gives it the columns of its input; there is no page.

use crate::diagnostic::Diagnostic;
use crate::function::{Plugin, PluginBinding, PluginColumns, PluginRows, PluginRun, Result, RowOrigins};
use crate::reference::{ParameterInfo, TableExample};

use super::arguments::PluginArguments;

pub(super) static PLUGIN: Plugin = Plugin {
    name: "identity",
    summary: "Gives the rows as they are.",
    syntax: &["T | evaluate identity()"],
    parameters: &[ParameterInfo::INPUT],
    remarks: &["Microsoft's parser knows it, its pages do not. A query without it gives the same."],
    bind,
    run,
    examples: &[
        TableExample {
            query: "range x from 1 to 2 step 1\n| evaluate identity()",
            result: "x:long\n[1]\n[2]",
        },
        TableExample {
            query: "print a = 'x', b = 1\n| evaluate identity()\n| project b",
            result: "b:long\n[1]",
        },
    ],
    ..Plugin::DEFAULT
};

fn bind(call: &PluginBinding<'_>) -> std::result::Result<PluginColumns, Vec<Diagnostic>> {
    PluginArguments::of_binding(call).check_count(0, 0).map_err(|it| vec![*it])?;
    Ok(PluginColumns::closed(call.columns.to_vec()))
}

fn run(run: &PluginRun<'_>) -> Result<PluginRows> {
    Ok(PluginRows { table: run.input.clone(), origins: RowOrigins::Same })
}
