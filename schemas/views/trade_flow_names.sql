-- One row for each trade flow that is not deprecated, with the names of its codes. Nothing is added or converted:
-- figures of different sources, vintages or levels of product may be about the same trade.
--
-- trade_flow_id: The trade flow.
-- indicator: The quantity that the figure measures.
-- frequency: The kind of period.
-- period: The period; empty when the source does not say.
-- reporter: The jurisdiction whose trade it is.
-- reporter_name: Its name.
-- partner: The jurisdiction on the other side; WLD for all.
-- partner_name: Its name.
-- flow: The direction and kind of trade, seen from the reporter.
-- classification: The list to which product_code belongs; TEXT for products in words.
-- product_code: The code in that list.
-- product_name: The label of the code in that edition of the Harmonized System; where the list products has no such
--   code, the words of the source, and for a code of two digits without them the name of the chapter.
-- chapter: The chapter of the Harmonized System, the first two digits of the code; empty for other lists and for codes
--   that national lists add.
-- chapter_name: The name of the chapter.
-- value: The figure, in unit and unit_multiplier.
-- unit: The unit.
-- unit_multiplier: The power of ten by which value is multiplied to get the figure in unit; empty is read as 0.
-- currency: The currency of an amount.
-- currency_name: Its name.
-- share_of: The whole of which a share is a part.
-- value_qualifier: The qualifier that the source gives to the figure.
-- source_id: The text that the coder used.
-- source_title: Its title.
SELECT
  flow.trade_flow_id,
  flow.indicator,
  flow.frequency,
  flow.period,
  flow.reporter,
  reporters.label AS reporter_name,
  flow.partner,
  partners.label AS partner_name,
  flow.flow,
  flow.classification,
  flow.product_code,
  COALESCE(
    products.label,
    flow.product_text,
    CASE WHEN flow.product_code = hs_chapters.code THEN hs_chapters.label END
  ) AS product_name,
  hs_chapters.code AS chapter,
  hs_chapters.label AS chapter_name,
  flow.value,
  flow.unit,
  flow.unit_multiplier,
  flow.currency,
  currencies.label AS currency_name,
  flow.share_of,
  flow.value_qualifier,
  flow.source_id,
  sources.title AS source_title
FROM trade_flows AS flow
LEFT JOIN jurisdictions AS reporters ON reporters.code = flow.reporter
LEFT JOIN jurisdictions AS partners ON partners.code = flow.partner
LEFT JOIN products ON products.classification = flow.classification AND products.code = flow.product_code
LEFT JOIN hs_chapters
  ON hs_chapters.code = SUBSTRING(flow.product_code, 1, 2)
  AND flow.classification IN ('H0', 'H1', 'H2', 'H3', 'H4', 'H5', 'H6')
LEFT JOIN currencies ON currencies.code = flow.currency
LEFT JOIN sources ON sources.source_id = flow.source_id
WHERE flow.record_status <> 'deprecated'
