//! Plugin: what `evaluate` calls makes of all rows at once. It must not know any particular plugin.

use super::context::{Account, ExecContext, Site};
use super::stream::{Buffered, Chunks, Stream};
use crate::column::{Chunk, Column, Table};
use crate::diagnostic::Code;
use crate::function::{Failure, PluginCall, PluginRows, PluginRun, Result};
use crate::plan::{Node, Plan};

struct PluginStream<'a> {
    plan: &'a Plan,
    call: &'a PluginCall,
    site: Option<usize>,
    rows: Option<Buffered>,
    context: &'a ExecContext<'a>,
    account: Account<'a>,
}

pub(super) fn open<'a>(
    plan: &'a Plan,
    call: &'a PluginCall,
    site: Option<usize>,
    context: &'a ExecContext<'a>,
) -> Chunks<'a> {
    let account = context.account(Site::of(plan));
    Box::new(PluginStream { plan, call, site, rows: None, context, account })
}

/// Runs a plugin over the rows of its inputs. Where it is traced, it tells which of them its rows came from.
pub(super) fn run(
    plan: &Plan,
    call: &PluginCall,
    context: &ExecContext<'_>,
    is_traced: bool,
) -> Result<PluginRows> {
    let at = Site { name: call.plugin.name, span: call.span };
    let mut account = context.account(at);
    let collected = |plan: &Plan, account: &mut Account<'_>| {
        Ok::<_, Failure>(Table::from_chunks(plan.schema.clone(), &context.collect(plan, account)?))
    };
    let Node::Plugin { input, tables, .. } = &plan.node else {
        return Err(at.internal("it is no plugin"));
    };
    let input = match input {
        Some(input) => collected(input, &mut account)?,
        None => Table::without_columns(1),
    };
    let tables = tables.iter().map(|plan| collected(plan, &mut account)).collect::<Result<Vec<Table>>>()?;
    context.tick(at)?;
    let found =
        (call.plugin.run)(&PluginRun::new(call, &input, &tables, context.run.context).traced(is_traced))?;
    match &call.declared {
        None => Ok(found),
        Some(_) => Ok(PluginRows { table: declared(&found.table, plan, at)?, origins: found.origins }),
    }
}

/// The columns that the query says there are. A column that the plugin does not give is null.
fn declared(table: &Table, plan: &Plan, at: Site) -> Result<Table> {
    let column = |described: &crate::types::ColumnSchema| {
        let column = match table.column(&described.name) {
            Some(column) => column.convert(described.data_type),
            None => Column::nulls(described.data_type, table.len()),
        };
        (described.name.clone(), column)
    };
    if plan.schema.is_empty() {
        return Ok(Table::without_columns(table.len()));
    }
    Table::new(plan.schema.columns.iter().map(column).collect()).map_err(|message| at.internal(message))
}

impl Stream for PluginStream<'_> {
    fn next(&mut self) -> Result<Option<Chunk>> {
        let rows = match &mut self.rows {
            Some(rows) => rows,
            None => {
                let known = self.site.and_then(|site| self.context.run.resolved.get(site));
                let table = match known {
                    Some(table) => table.clone(),
                    None => run(self.plan, self.call, self.context, false)?.table,
                };
                self.account.set(table.byte_size())?;
                if *table.schema() != *self.plan.schema {
                    let at = Site { name: self.call.plugin.name, span: self.call.span };
                    let message = format!(
                        "'{}' gives other columns for these rows than for those that it was bound with",
                        self.call.plugin.name
                    );
                    return Err(at.fail(Code::EvaluationFailed, message));
                }
                let chunk = table.chunk(0, table.len());
                self.rows.insert(Buffered::new(vec![chunk], self.context.chunk_rows()))
            }
        };
        rows.next()
    }
}
