-- Trigrams of what a search looks through, as pg_trgm would make them for LIKE, with nothing but PostgreSQL itself:
-- the extension is missing from some installations. They find candidates; the column `search` decides.
CREATE FUNCTION harbour_trigrams(body TEXT) RETURNS TEXT[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT DISTINCT first || second || third FROM (
        SELECT letter AS first, lead(letter) OVER (ORDER BY place) AS second, lead(letter, 2) OVER (ORDER BY place) AS third
        FROM unnest(string_to_array(body, NULL)) WITH ORDINALITY AS letters (letter, place)
    ) AS grams WHERE third IS NOT NULL
);
CREATE INDEX harbour_verifications_search ON harbour_verifications USING gin (harbour_trigrams(search));
