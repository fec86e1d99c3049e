-- Which of these archives are not there.
local list = {}
for _, blob in ipairs(ARGV) do
  if not complete(blob) then list[#list + 1] = blob end
end
return { list }
