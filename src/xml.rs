//! XML as far as the services speak it: elements with text or elements in them.
//!
//! Reading is tolerant where services differ (order, namespaces, prefixes, attributes, comments)
//! and strict where a stranger could do harm: no document type, no entities beyond the five of XML
//! and character references, a bounded depth and number of elements. The size is bounded by whoever
//! read the text.

use quick_xml::Reader;
use quick_xml::escape::{partial_escape, resolve_xml_entity};
use quick_xml::events::{BytesRef, Event};

/// Deeper than anything the services send; recursion over an [`Element`] cannot exhaust the stack.
const MAX_DEPTH: usize = 32;
/// More than a full page of queues with all attributes has, and small enough for any memory.
const MAX_ELEMENTS: usize = 50_000;

/// One element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// The name without prefix.
    pub name: String,
    /// The text directly inside, with entities resolved and white space as it stands, ends of lines too: a
    /// checksum may be of it.
    pub text: String,
    /// The elements inside, in their order.
    pub children: Vec<Element>,
}

impl Element {
    /// The first child of that name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of that name.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }

    /// Every child of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Why a text is not XML, or not of the kind that is read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);

fn malformed<T>(why: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed(why.into()))
}

/// Reads a document.
///
/// # Errors
/// What is wrong with it; the words may quote names of the document.
pub fn parse(text: &str) -> Result<Element, Malformed> {
    let mut reader = Reader::from_str(text.strip_prefix('\u{FEFF}').unwrap_or(text));
    // The last one is being read; the first stands for the document itself.
    let mut open = vec![Element::default()];
    let mut count = 0;
    loop {
        let event = reader
            .read_event()
            .map_err(|error| Malformed(error.to_string()))?;
        count += usize::from(matches!(event, Event::Start(_) | Event::Empty(_)));
        match event {
            _ if count > MAX_ELEMENTS => return malformed("it has too many elements"),
            Event::Start(tag) => {
                if open.len() > MAX_DEPTH {
                    return malformed("it is nested too deeply");
                }
                open.push(element(tag.local_name().as_ref()));
            }
            Event::Empty(tag) => adopt(&mut open, element(tag.local_name().as_ref()))?,
            Event::End(_) => {
                let Some(done) = open.pop() else {
                    return malformed("an end without a start");
                };
                adopt(&mut open, done)?;
            }
            Event::Text(text) => append(&mut open, &text)?,
            Event::CData(text) => append(&mut open, &text)?,
            Event::GeneralRef(entity) => append(&mut open, &resolved(&entity)?)?,
            Event::DocType(_) => return malformed("it has a document type"),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return finished(open),
        }
    }
}

fn element(name: &str) -> Element {
    Element {
        name: name.to_owned(),
        ..Element::default()
    }
}

fn adopt(open: &mut [Element], child: Element) -> Result<(), Malformed> {
    match open.last_mut() {
        Some(parent) => parent.children.push(child),
        None => return malformed("an end without a start"),
    }
    Ok(())
}

fn append(open: &mut [Element], text: &str) -> Result<(), Malformed> {
    if let Some(odd) = text.chars().find(|c| !is_allowed(*c)) {
        return malformed(format!("it holds U+{:04X}", u32::from(odd)));
    }
    match open {
        [_document] if text.trim().is_empty() => {}
        [_document] => return malformed("it has text outside the elements"),
        [.., last] => last.text.push_str(text),
        [] => {}
    }
    Ok(())
}

fn resolved(entity: &BytesRef<'_>) -> Result<String, Malformed> {
    match entity.resolve_char_ref() {
        Ok(Some(character)) => return Ok(character.to_string()),
        Ok(None) => {}
        Err(error) => return malformed(error.to_string()),
    }
    let name = entity.xml10_content();
    match resolve_xml_entity(&name) {
        Some(text) => Ok(text.to_owned()),
        None => malformed(format!("the entity {name:?} is unknown")),
    }
}

fn finished(mut open: Vec<Element>) -> Result<Element, Malformed> {
    let (Some(document), true) = (open.pop(), open.is_empty()) else {
        return malformed("it breaks off");
    };
    let mut roots = document.children.into_iter();
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(root),
        (None, _) => malformed("it has no element"),
        _ => malformed("it has several roots"),
    }
}

/// Whether XML 1.0 can hold the character; escaping does not help the others.
pub fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// The text without the characters that XML cannot hold.
pub fn speakable(text: &str) -> String {
    text.chars().filter(|c| is_allowed(*c)).collect()
}

/// Builds a document from its outermost element inwards.
#[derive(Debug)]
pub struct Writer {
    text: String,
}

impl Writer {
    /// A document with this root, in this namespace unless it is empty.
    pub fn document(root: &str, namespace: &str, inside: impl FnOnce(&mut Writer)) -> String {
        let mut writer = Writer {
            text: "<?xml version=\"1.0\" encoding=\"utf-8\"?>".to_owned(),
        };
        writer.text.push_str(&format!("<{root}"));
        if !namespace.is_empty() {
            writer.text.push_str(&format!(" xmlns=\"{namespace}\""));
        }
        writer.text.push('>');
        inside(&mut writer);
        writer.text.push_str(&format!("</{root}>"));
        writer.text
    }

    /// An element with elements in it.
    pub fn element(&mut self, name: &str, inside: impl FnOnce(&mut Writer)) {
        self.text.push_str(&format!("<{name}>"));
        inside(self);
        self.text.push_str(&format!("</{name}>"));
    }

    /// An element with text, which must be [`is_allowed`].
    pub fn text(&mut self, name: &str, text: impl std::fmt::Display) {
        let text = text.to_string();
        self.element(name, |writer| writer.text.push_str(&partial_escape(&text)));
    }

    /// The same, or nothing.
    pub fn optional(&mut self, name: &str, text: Option<impl std::fmt::Display>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }
}
