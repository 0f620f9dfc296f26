//! Values that may be written in more than one way.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use toml::Spanned;

/// A text or a list of texts, each with its place.
#[derive(Debug, Clone)]
pub(crate) struct OneOrMany {
    /// Place of the whole value.
    pub(crate) span: Range<usize>,
    /// The texts.
    pub(crate) items: Vec<Spanned<String>>,
}

enum Texts {
    One(String),
    Many(Vec<Spanned<String>>),
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list of strings")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Texts, E> {
        Ok(Texts::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Texts::Many(items))
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Spanned::<Texts>::deserialize(deserializer)?;
        let span = texts.span();
        let items = match texts.into_inner() {
            Texts::One(text) => vec![Spanned::new(span.clone(), text)],
            Texts::Many(items) => items,
        };
        Ok(Self { span, items })
    }
}

/// A list of whole numbers, or a range as text.
#[derive(Debug, Clone)]
pub(crate) enum LevelList {
    /// Such as `"0..=20"`.
    Range(String),
    /// Such as `[0, 1, 5]`.
    List(Vec<Spanned<i64>>),
}

struct LevelVisitor;

impl<'de> Visitor<'de> for LevelVisitor {
    type Value = LevelList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of whole numbers such as [0, 1, 5], or a range such as \"0..=20\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<LevelList, E> {
        Ok(LevelList::Range(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<LevelList, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(LevelList::List(items))
    }
}

impl<'de> Deserialize<'de> for LevelList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LevelVisitor)
    }
}

/// A text or a number, for values with a unit.
#[derive(Debug, Clone)]
pub(crate) enum Scalar {
    /// Such as `"5%"` or `"10m"`.
    Text(String),
    /// Such as `0.05` or `600`.
    Number(f64),
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar::Number(number))
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}
