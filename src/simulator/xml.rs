//! Writing XML the way each AWS protocol wants it.

use std::fmt::Display;

use quick_xml::escape::escape;

use super::request::Service;

/// A document under construction.
#[derive(Default)]
pub(super) struct Xml(String);

impl Xml {
    /// A whole document with one root element in a namespace.
    pub(super) fn document(root: &str, namespace: &str, fill: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{namespace}\">"));
        fill(&mut xml);
        xml.close(root);
        xml.0
    }

    /// An element that holds others.
    pub(super) fn element(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.open(name);
        fill(self);
        self.close(name);
    }

    /// An element that holds text.
    pub(super) fn text(&mut self, name: &str, value: impl Display) {
        self.open(name);
        self.0.push_str(&escape(value.to_string()));
        self.close(name);
    }

    /// An element that holds text, if there is any.
    pub(super) fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// A list element with one `item` element for each thing in it. An empty list is there too.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        item: &str,
        things: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(&mut Self, T),
    ) {
        self.element(name, |xml| {
            for thing in things {
                xml.element(item, |xml| fill(xml, thing));
            }
        });
    }

    /// A list element whose items hold text.
    pub(super) fn texts<T: Display>(&mut self, name: &str, item: &str, values: impl IntoIterator<Item = T>) {
        self.element(name, |xml| {
            for value in values {
                xml.text(item, value);
            }
        });
    }

    /// An element that is written as it stands, attributes included.
    pub(super) fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// The text so far.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn open(&mut self, name: &str) {
        self.0.push('<');
        self.0.push_str(name);
        self.0.push('>');
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }
}

/// The answer of a Query service (IAM, STS): `<XResponse><XResult>…`.
pub(super) fn query_answer(service: Service, operation: &str, request: &str, fill: impl FnOnce(&mut Xml)) -> String {
    Xml::document(&format!("{operation}Response"), service.namespace(), |xml| {
        xml.element(&format!("{operation}Result"), fill);
        xml.element("ResponseMetadata", |xml| xml.text("RequestId", request));
    })
}

/// The answer of EC2: `<XResponse><requestId>…`.
pub(super) fn ec2_answer(operation: &str, request: &str, fill: impl FnOnce(&mut Xml)) -> String {
    Xml::document(&format!("{operation}Response"), Service::Ec2.namespace(), |xml| {
        xml.text("requestId", request);
        fill(xml);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_empty_lists_are_written() {
        let text = Xml::document("A", "urn:x", |xml| {
            xml.text("B", "a<b & c");
            xml.texts("C", "item", Vec::<String>::new());
        });
        assert!(text.ends_with("<A xmlns=\"urn:x\"><B>a&lt;b &amp; c</B><C></C></A>"), "{text}");
    }
}
