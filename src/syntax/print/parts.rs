//! What a node says of its text: words, names and the nodes within it, in their order. Nodes are printed one part after the
//! other, so that no node calls another one.

use super::name::NamePlace;
use crate::syntax::ast::{Expression, Name};
use crate::syntax::node::SyntaxNode;

/// A node that has a text.
pub(in crate::syntax) trait Print {
    /// Adds the node's parts, in their order.
    fn print<'t>(&'t self, out: &mut PrintParts<'t>);

    /// What a walk calls the node; nothing for what it passes over.
    fn syntax_node(&self) -> Option<SyntaxNode<'_>> {
        None
    }
}

/// A part of a node's text.
pub(in crate::syntax) enum PrintPart<'t> {
    /// A token, or several that stay as they are.
    Text(&'t str),
    /// A name, in brackets where its place asks for them.
    Name(&'t Name, NamePlace),
    /// What a node within says.
    Node(&'t dyn Print),
    /// What a walk meets here; what it says comes after it, as other parts.
    Met(SyntaxNode<'t>),
    /// The next token touches the one before.
    Glue,
    /// A sign that comes next does not touch what follows: with it, it would read as one literal.
    LooseSign,
    /// A name that comes next stands in brackets if it is one of these words, which mean something else there.
    Guard(&'static [&'static str]),
}

/// The parts of one node.
#[derive(Default)]
pub(in crate::syntax) struct PrintParts<'t> {
    list: Vec<PrintPart<'t>>,
}

impl<'t> PrintParts<'t> {
    /// Takes all parts out, the last first.
    pub(in crate::syntax) fn take_reversed(&mut self) -> impl Iterator<Item = PrintPart<'t>> {
        self.list.drain(..).rev()
    }

    /// A token, or several that stay as they are; nothing if it is empty.
    pub(super) fn text(&mut self, text: &'t str) {
        self.list.push(PrintPart::Text(text));
    }

    pub(super) fn name(&mut self, name: &'t Name, place: NamePlace) {
        self.list.push(PrintPart::Name(name, place));
    }

    /// An expression where a name follows the rules of this place.
    pub(super) fn placed(&mut self, it: &'t Expression, place: NamePlace) {
        if let Expression::Name(name) = it {
            self.met(SyntaxNode::Expression(it));
            self.name(name, place);
        } else {
            self.node(it);
        }
    }

    /// A walk meets this here; what it says comes after it.
    pub(super) fn met(&mut self, node: SyntaxNode<'t>) {
        self.list.push(PrintPart::Met(node));
    }

    pub(super) fn node(&mut self, node: &'t dyn Print) {
        self.list.push(PrintPart::Node(node));
    }

    /// The next token touches the one before.
    pub(super) fn glue(&mut self) {
        self.list.push(PrintPart::Glue);
    }

    pub(super) fn loose_sign(&mut self) {
        self.list.push(PrintPart::LooseSign);
    }

    pub(super) fn guard(&mut self, words: &'static [&'static str]) {
        self.list.push(PrintPart::Guard(words));
    }

    /// Elements with commas between them.
    pub(super) fn list<T>(&mut self, all: &'t [T], mut each: impl FnMut(&mut Self, &'t T)) {
        for (at, it) in all.iter().enumerate() {
            if at > 0 {
                self.text(",");
            }
            each(self, it);
        }
    }

    /// Elements with commas between them, each a node.
    pub(super) fn nodes<T: Print>(&mut self, all: &'t [T]) {
        self.list(all, |out, it| out.node(it));
    }

    /// `( … )`
    pub(super) fn parens(&mut self, inner: impl FnOnce(&mut Self)) {
        self.text("(");
        inner(self);
        self.text(")");
    }
}
