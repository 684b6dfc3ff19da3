//! `assert-schema`: refuses rows of another shape.

use super::super::input::{Res, Tokens, keyword};
use super::super::schema::need_row_schema;
use crate::syntax::ast::{AssertSchemaOperator, At, QueryOperator};

pub(super) fn assert_schema_operator(i: Tokens<'_>) -> Res<'_, QueryOperator> {
    let (i, start) = keyword("assert-schema")(i)?;
    let (i, schema) = need_row_schema(i);
    let it = AssertSchemaOperator { schema, keyword_at: At(start.span), at: i.since(start) };
    Ok((i, QueryOperator::AssertSchema(it)))
}
