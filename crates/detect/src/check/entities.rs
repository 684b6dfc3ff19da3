//! The kinds of entities that Sentinel can map, their properties, and which of them are needed.

/// A kind of entity.
pub(super) struct EntityKind {
    /// Its name.
    pub name: &'static str,
    /// Its properties.
    pub identifiers: &'static [&'static str],
    /// Sets of properties of which one must be mapped whole.
    pub needed: &'static [&'static [&'static str]],
}

const fn kind(
    name: &'static str,
    identifiers: &'static [&'static str],
    needed: &'static [&'static [&'static str]],
) -> EntityKind {
    EntityKind { name, identifiers, needed }
}

/// All of them.
pub(super) const KINDS: &[EntityKind] = &[
    kind(
        "Account",
        &[
            "Name",
            "FullName",
            "NTDomain",
            "DnsDomain",
            "UPNSuffix",
            "Sid",
            "AadTenantId",
            "AadUserId",
            "PUID",
            "IsDomainJoined",
            "DisplayName",
            "ObjectGuid",
            "CloudAppAccountId",
            "IsAnonymized",
        ],
        &[&["FullName"], &["Sid"], &["Name"], &["AadUserId"], &["PUID"], &["ObjectGuid"]],
    ),
    kind("AzureResource", &["ResourceId"], &[&["ResourceId"]]),
    kind("CloudApplication", &["AppId", "Name", "InstanceName"], &[&["AppId"], &["Name"]]),
    kind("DNS", &["DomainName"], &[&["DomainName"]]),
    kind("File", &["Directory", "Name"], &[&["Name"]]),
    kind("FileHash", &["Algorithm", "Value"], &[&["Algorithm", "Value"]]),
    kind(
        "Host",
        &[
            "DnsDomain",
            "NTDomain",
            "HostName",
            "FullName",
            "NetBiosName",
            "AzureID",
            "OMSAgentID",
            "OSFamily",
            "OSVersion",
            "IsDomainJoined",
        ],
        &[&["FullName"], &["HostName"], &["NetBiosName"], &["AzureID"], &["OMSAgentID"]],
    ),
    kind(
        "IoTDevice",
        &[
            "DeviceId",
            "DeviceName",
            "Manufacturer",
            "Model",
            "FirmwareVersion",
            "OperatingSystem",
            "MacAddress",
            "Protocols",
            "SerialNumber",
            "Source",
            "IoTSecurityAgentId",
            "DeviceType",
        ],
        &[&["DeviceId"]],
    ),
    kind("IP", &["Address", "AddressScope"], &[&["Address"]]),
    kind(
        "Mailbox",
        &["MailboxPrimaryAddress", "DisplayName", "Upn", "ExternalDirectoryObjectId", "RiskLevel"],
        &[&["MailboxPrimaryAddress"]],
    ),
    kind(
        "MailCluster",
        &[
            "NetworkMessageIds",
            "CountByDeliveryStatus",
            "CountByThreatType",
            "CountByProtectionStatus",
            "Threats",
            "Query",
            "QueryTime",
            "MailCount",
            "IsVolumeAnomaly",
            "Source",
            "ClusterSourceIdentifier",
            "ClusterSourceType",
            "ClusterQueryStartTime",
            "ClusterQueryEndTime",
            "ClusterGroup",
        ],
        &[&["Query"], &["Source"]],
    ),
    kind(
        "MailMessage",
        &[
            "Recipient",
            "Urls",
            "Threats",
            "Sender",
            "P1Sender",
            "P1SenderDisplayName",
            "P1SenderDomain",
            "SenderIP",
            "P2Sender",
            "P2SenderDisplayName",
            "P2SenderDomain",
            "ReceivedDate",
            "NetworkMessageId",
            "InternetMessageId",
            "Subject",
            "BodyFingerprintBin1",
            "BodyFingerprintBin2",
            "BodyFingerprintBin3",
            "BodyFingerprintBin4",
            "BodyFingerprintBin5",
            "AntispamDirection",
            "DeliveryAction",
            "DeliveryLocation",
            "Language",
            "ThreatDetectionMethods",
        ],
        &[&["NetworkMessageId"], &["Recipient"]],
    ),
    kind("Malware", &["Name", "Category"], &[&["Name"]]),
    kind(
        "Process",
        &["ProcessId", "CommandLine", "ElevationToken", "CreationTimeUtc"],
        &[&["CommandLine"], &["ProcessId"]],
    ),
    kind("RegistryKey", &["Hive", "Key"], &[&["Key"], &["Hive"]]),
    kind("RegistryValue", &["Name", "Value", "ValueType"], &[&["Name"]]),
    kind(
        "SecurityGroup",
        &["DistinguishedName", "SID", "ObjectGuid"],
        &[&["DistinguishedName"], &["SID"], &["ObjectGuid"]],
    ),
    kind(
        "SubmissionMail",
        &[
            "NetworkMessageId",
            "Timestamp",
            "Recipient",
            "Sender",
            "SenderIp",
            "Subject",
            "ReportType",
            "SubmissionId",
            "SubmissionDate",
            "Submitter",
        ],
        &[&["SubmissionId"], &["NetworkMessageId"], &["Recipient"], &["Submitter"]],
    ),
    kind("URL", &["Url"], &[&["Url"]]),
    kind("SentinelEntities", &["Entities"], &[&["Entities"]]),
];

/// The kind of a name; case does not matter.
pub(super) fn find(name: &str) -> Option<&'static EntityKind> {
    KINDS.iter().find(|kind| kind.name.eq_ignore_ascii_case(name))
}
