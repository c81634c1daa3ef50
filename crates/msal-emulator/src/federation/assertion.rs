//! Assertions about who signed in at AD FS.

use super::xml::text_of;
use crate::issuer::{RecordKind, RecordReader, RecordWriter, Sealer};
use crate::protocol::{Moment, escaped};

/// What an assertion says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assertion {
    pub(crate) upn: String,
    pub(crate) issued: Moment,
    pub(crate) until: Moment,
}

impl Assertion {
    /// Writes it in SAML 1.1, as AD FS does unless asked otherwise.
    pub(crate) fn saml_1(
        &self,
        sealer: &Sealer,
        serial: u64,
        issuer: &str,
        audience: &str,
    ) -> String {
        let (id, from, until) = (id(serial), self.issued.precise(), self.until.precise());
        let (upn, issuer, audience) = (escaped(&self.upn), escaped(issuer), escaped(audience));
        let seal = self.seal(sealer, serial);
        format!(
            "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:1.0:assertion\" MajorVersion=\"1\" MinorVersion=\"1\" \
             AssertionID=\"{id}\" Issuer=\"{issuer}\" IssueInstant=\"{from}\">\
             <saml:Conditions NotBefore=\"{from}\" NotOnOrAfter=\"{until}\"><saml:AudienceRestrictionCondition>\
             <saml:Audience>{audience}</saml:Audience></saml:AudienceRestrictionCondition></saml:Conditions>\
             <saml:AttributeStatement><saml:Subject><saml:NameIdentifier \
             Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified\">{upn}</saml:NameIdentifier></saml:Subject>\
             <saml:Attribute AttributeName=\"UPN\" AttributeNamespace=\"http://schemas.xmlsoap.org/claims\">\
             <saml:AttributeValue>{upn}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>\
             <ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignatureValue>{seal}</ds:SignatureValue>\
             </ds:Signature></saml:Assertion>"
        )
    }

    /// Writes it in SAML 2.0.
    pub(crate) fn saml_2(
        &self,
        sealer: &Sealer,
        serial: u64,
        issuer: &str,
        audience: &str,
    ) -> String {
        let (id, from, until) = (id(serial), self.issued.precise(), self.until.precise());
        let (upn, issuer, audience) = (escaped(&self.upn), escaped(issuer), escaped(audience));
        let seal = self.seal(sealer, serial);
        format!(
            "<Assertion xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" IssueInstant=\"{from}\" Version=\"2.0\">\
             <Issuer>{issuer}</Issuer>\
             <ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignatureValue>{seal}</ds:SignatureValue>\
             </ds:Signature><Subject><NameID>{upn}</NameID></Subject>\
             <Conditions NotBefore=\"{from}\" NotOnOrAfter=\"{until}\"><AudienceRestriction><Audience>{audience}</Audience>\
             </AudienceRestriction></Conditions><AttributeStatement><Attribute \
             Name=\"http://schemas.xmlsoap.org/claims/UPN\"><AttributeValue>{upn}</AttributeValue></Attribute>\
             </AttributeStatement></Assertion>"
        )
    }

    /// Reads an assertion of this emulator; `None` for everything else.
    pub(crate) fn read(sealer: &Sealer, xml: &str) -> Option<Self> {
        // Only the seal counts. What the text around it says may have been changed on the way.
        let seal = text_of(xml, "SignatureValue")?.trim();
        let plain = sealer.open(PREFIX, seal.strip_prefix(PREFIX)?)?;
        let mut reader = RecordReader::new(RecordKind::Assertion, &plain)?;
        Some(Self {
            issued: Moment::from_millis(reader.number()?),
            until: Moment::from_millis(reader.number()?),
            upn: reader.text()?,
        })
    }

    fn seal(&self, sealer: &Sealer, serial: u64) -> String {
        let writer = RecordWriter::new(RecordKind::Assertion)
            .number(self.issued.millis())
            .number(self.until.millis())
            .text(&self.upn);
        sealer.seal(PREFIX, serial, writer.finish())
    }
}

fn id(serial: u64) -> String {
    format!("_{serial:016x}")
}

const PREFIX: &str = "saml";
