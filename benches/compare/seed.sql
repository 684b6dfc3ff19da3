with known as (
  select SenderFromAddress from e
  where Timestamp < timestamp '2024-05-31 12:00:00' and DeliveryAction = 'Delivered'
    and contains(lower(SenderDisplayName), 'microsoft')
  group by SenderFromAddress having count(*) > 3
)
select SenderDisplayName, SenderFromAddress, NetworkMessageId, SenderMailFromAddress, RecipientEmailAddress,
  DeliveryAction, DeliveryLocation, ThreatTypes, DetectionMethods, NewMsg, Subject, count(*) count_
from (
  select *, case when contains(lower(Subject), 're:') then false when contains(lower(Subject), 'fw:') then false
    else true end NewMsg
  from e
  where Timestamp > timestamp '2024-06-29 12:00:00' and DeliveryAction = 'Delivered' and EmailDirection = 'Inbound'
    and OrgLevelAction <> 'Block' and UserLevelAction <> 'Block' and contains(lower(SenderDisplayName), 'microsoft')
)
anti join known using (SenderFromAddress)
group by all
