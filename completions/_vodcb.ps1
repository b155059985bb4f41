# Completion of vodcb for PowerShell. Load it with: vodcb completions powershell | Out-String | Invoke-Expression
# The program itself knows the words; this passes the line on and its answer back.

Register-ArgumentCompleter -Native -CommandName 'vodcb' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $length = $cursorPosition - $commandAst.Extent.StartOffset
    $line = $commandAst.Extent.Text.PadRight($length).Substring(0, $length)
    $program = $commandAst.CommandElements[0].Extent.Text
    $answer = @(& $program __complete line $line $wordToComplete 2>$null)
    # Without an answer PowerShell completes the names of files.
    $answer | Select-Object -Skip 1 | ForEach-Object {
        $value, $about = $_ -split "`t", 2
        if (-not $about) { $about = $value }
        # PowerShell inserts the text as it is.
        $text = if ($value -match '\s') { "'$value'" } else { $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $about)
    }
}
