//! Filters over the tags of publications, that a subscriber sends along.
//!
//! A filter is a tree of comparisons, bounded in depth and size. A publication whose tags do not
//! satisfy it does not reach the subscriber.

use std::cmp::Ordering;

use base::limits::{TAGS_FILTER_BYTES_MAX, TAGS_FILTER_DEPTH_MAX, TAGS_FILTER_NODES_MAX};
use thiserror::Error;

/// A filter that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Malformed {
    /// An operator or comparison that does not exist, or one without what it needs.
    #[error("the filter has a node that means nothing")]
    Node,
    /// Too deep, too many nodes or too many bytes.
    #[error("the filter is too large")]
    TooLarge,
}

/// A node as it comes from the wire; see the fields of `FilterNode` in the protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// `""`, `and`, `or` or `not`.
    pub op: String,
    /// The tag that is compared.
    pub key: String,
    /// How it is compared.
    pub cmp: String,
    /// With what.
    pub val: String,
    /// With which ones, for `in` and `nin`.
    pub vals: Vec<String>,
    /// What is combined.
    pub nodes: Vec<Self>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Equals(String),
    Differs(String),
    OneOf(Vec<String>),
    NoneOf(Vec<String>),
    Exists,
    Missing,
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Number(Order, Decimal),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tree {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Tag(String, Test),
}

/// A filter that can be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(Tree);

impl Filter {
    /// Takes a filter in.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn new(node: Node) -> Result<Self, Malformed> {
        let mut room = Room {
            nodes: TAGS_FILTER_NODES_MAX,
            bytes: TAGS_FILTER_BYTES_MAX,
        };
        tree(node, TAGS_FILTER_DEPTH_MAX, &mut room).map(Self)
    }

    /// Whether a publication with these tags passes. `tag` finds the value of a key.
    pub fn admits<'a>(&self, tag: &impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.holds(tag)
    }
}

/// What a filter may still grow by.
struct Room {
    nodes: usize,
    bytes: usize,
}

impl Room {
    fn take(&mut self, node: &Node) -> Result<(), Malformed> {
        let vals: usize = node.vals.iter().map(|val| val.len() + 1).sum();
        let bytes = node.key.len() + node.val.len() + vals;
        self.nodes = self.nodes.checked_sub(1).ok_or(Malformed::TooLarge)?;
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Malformed::TooLarge)?;
        Ok(())
    }
}

fn tree(node: Node, depth: usize, room: &mut Room) -> Result<Tree, Malformed> {
    let depth = depth.checked_sub(1).ok_or(Malformed::TooLarge)?;
    room.take(&node)?;
    if node.op.is_empty() {
        return leaf(node);
    }
    let mut nodes = Vec::new();
    for node in node.nodes {
        nodes.push(tree(node, depth, room)?);
    }
    match (&*node.op, nodes.len()) {
        ("and", 1..) => Ok(Tree::All(nodes)),
        ("or", 1..) => Ok(Tree::Any(nodes)),
        ("not", 1) => {
            let inner = nodes.pop().ok_or(Malformed::Node)?;
            Ok(Tree::Not(Box::new(inner)))
        }
        _ => Err(Malformed::Node),
    }
}

fn leaf(node: Node) -> Result<Tree, Malformed> {
    let Node {
        key,
        cmp,
        val,
        vals,
        nodes,
        ..
    } = node;
    if key.is_empty() || !nodes.is_empty() {
        return Err(Malformed::Node);
    }
    let number = |order, val: &str| {
        let decimal = Decimal::parse(val).ok_or(Malformed::Node)?;
        Ok(Test::Number(order, decimal))
    };
    let test = match &*cmp {
        "eq" => Test::Equals(val),
        "neq" => Test::Differs(val),
        "in" | "nin" if vals.is_empty() => return Err(Malformed::Node),
        "in" => Test::OneOf(vals),
        "nin" => Test::NoneOf(vals),
        "ex" => Test::Exists,
        "nex" => Test::Missing,
        "sw" => Test::StartsWith(val),
        "ew" => Test::EndsWith(val),
        "ct" => Test::Contains(val),
        "lt" => number(Order::Less, &val)?,
        "lte" => number(Order::LessOrEqual, &val)?,
        "gt" => number(Order::Greater, &val)?,
        "gte" => number(Order::GreaterOrEqual, &val)?,
        _ => return Err(Malformed::Node),
    };
    Ok(Tree::Tag(key, test))
}

impl Tree {
    fn holds<'a>(&self, tag: &impl Fn(&str) -> Option<&'a str>) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(tag)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(tag)),
            Self::Not(node) => !node.holds(tag),
            Self::Tag(key, test) => test.holds(tag(key)),
        }
    }
}

impl Test {
    /// A tag that is not there is like no value: only `neq`, `nin` and `nex` hold then.
    fn holds(&self, value: Option<&str>) -> bool {
        match self {
            Self::Equals(wanted) => value == Some(wanted),
            Self::Differs(wanted) => value != Some(wanted),
            Self::OneOf(wanted) => value.is_some_and(|it| wanted.iter().any(|one| one == it)),
            Self::NoneOf(wanted) => !value.is_some_and(|it| wanted.iter().any(|one| one == it)),
            Self::Exists => value.is_some(),
            Self::Missing => value.is_none(),
            Self::StartsWith(wanted) => value.is_some_and(|it| it.starts_with(&**wanted)),
            Self::EndsWith(wanted) => value.is_some_and(|it| it.ends_with(&**wanted)),
            Self::Contains(wanted) => value.is_some_and(|it| it.contains(&**wanted)),
            Self::Number(order, wanted) => {
                let ordering = value.and_then(Decimal::parse).map(|it| it.cmp(wanted));
                ordering.is_some_and(|ordering| match order {
                    Order::Less => ordering.is_lt(),
                    Order::LessOrEqual => ordering.is_le(),
                    Order::Greater => ordering.is_gt(),
                    Order::GreaterOrEqual => ordering.is_ge(),
                })
            }
        }
    }
}

/// A decimal number, compared digit by digit: exact at any length.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    /// Without zeros in front.
    whole: String,
    /// Without zeros at the end.
    fraction: String,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !numeric(whole) || !numeric(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self {
            negative: negative && !zero,
            whole,
            fraction,
        })
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (true, true) | (false, false) => {}
        }
        let whole = (self.whole.len(), &self.whole).cmp(&(other.whole.len(), &other.whole));
        let size = whole.then_with(|| self.fraction.cmp(&other.fraction));
        if self.negative { size.reverse() } else { size }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(key: &str, cmp: &str, val: &str) -> Node {
        Node {
            key: key.to_owned(),
            cmp: cmp.to_owned(),
            val: val.to_owned(),
            ..Node::default()
        }
    }

    fn branch(op: &str, nodes: Vec<Node>) -> Node {
        Node {
            op: op.to_owned(),
            nodes,
            ..Node::default()
        }
    }

    fn admits(node: Node) -> bool {
        let tags = [("team", "red"), ("score", "10"), ("price", "9.50")];
        let tag = |key: &str| tags.iter().find(|(k, _)| *k == key).map(|(_, v)| *v);
        Filter::new(node).unwrap().admits(&tag)
    }

    #[test]
    fn every_comparison_means_what_it_says() {
        #[rustfmt::skip]
        let table = [
            ("team", "eq", "red", true), ("team", "eq", "blue", false),
            ("none", "eq", "red", false), ("team", "neq", "blue", true),
            ("none", "neq", "x", true), ("team", "neq", "red", false),
            ("team", "ex", "", true), ("none", "ex", "", false), ("none", "nex", "", true),
            ("team", "sw", "re", true), ("team", "ew", "ed", true), ("team", "ct", "e", true),
            ("team", "ct", "x", false), ("score", "gt", "9", true), ("score", "lt", "9", false),
            ("score", "gte", "10.0", true), ("score", "lte", "10", true),
            ("price", "gt", "9.49", true), ("price", "lt", "10", true),
            ("score", "gt", "-11", true), ("team", "gt", "1", false),
        ];
        for (key, cmp, val, expected) in table {
            assert_eq!(admits(leaf(key, cmp, val)), expected, "{key} {cmp} {val}");
        }
        let among = |cmp: &str| Node {
            vals: vec!["blue".to_owned(), "red".to_owned()],
            ..leaf("team", cmp, "")
        };
        assert!(admits(among("in")) && !admits(among("nin")));
    }

    #[test]
    fn comparisons_combine() {
        let red = || leaf("team", "eq", "red");
        let high = || leaf("score", "gt", "100");
        assert!(!admits(branch("and", vec![red(), high()])));
        assert!(admits(branch("or", vec![red(), high()])));
        assert!(admits(branch("not", vec![high()])));
    }

    #[test]
    fn what_means_nothing_or_is_too_large_is_refused() {
        for node in [
            leaf("team", "like", "x"),
            leaf("", "eq", "x"),
            leaf("score", "gt", "ten"),
            leaf("team", "in", ""),
            branch("and", vec![]),
            branch("not", vec![leaf("a", "ex", ""), leaf("b", "ex", "")]),
            branch("xor", vec![leaf("a", "ex", "")]),
        ] {
            assert_eq!(Filter::new(node.clone()), Err(Malformed::Node), "{node:?}");
        }
        let mut deep = leaf("a", "ex", "");
        for _ in 0..TAGS_FILTER_DEPTH_MAX {
            deep = branch("not", vec![deep]);
        }
        let wide = branch("or", vec![leaf("a", "ex", ""); TAGS_FILTER_NODES_MAX]);
        let long = leaf("a", "eq", &"x".repeat(TAGS_FILTER_BYTES_MAX));
        for node in [deep, wide, long] {
            assert_eq!(Filter::new(node), Err(Malformed::TooLarge));
        }
    }
}
