(* SPDX-License-Identifier: BSL-1.0 *)
(** A channel without a buffer: a push and a pop under the lock, where they meet, the seat, and the lines. *)
From iris.base_logic.lib Require Import invariants cancelable_invariants mono_nat ghost_var ghost_map.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import chan chan_wait chan_seat chan_rendezvous chan_rendezvous_seat chan_rendezvous_offer.

Section locked.
  Context `{!heapGS Σ, !chanG Σ} (N : namespace) (idle lap : Z).
  Implicit Types (c : channel) (a w e : loc) (xs vs : list val) (m o side ok waits : bool) (P : party) (L : list (loc * party)).
  Notation E := (⊤ ∖ ↑N).
  Notation content c := (content (c_ring c)).
  Notation parties := (parties N 0). Notation rings := (rings N 0). Notation gives := (gives N 0). Notation to_ring := (to_ring N 0).
  Notation wants := (wants N 0). Notation waiting := (waiting N 0).
  Notation push_update := (push_update N 0). Notation pop_update := (pop_update N).
  Notation is_words := (is_words N idle lap). Notation marks := (marks idle lap).
  Notation state := (state N idle lap). Notation chan_inv := (chan_inv N idle lap). Notation is_chan := (is_chan N idle lap).
  Notation offer_inv := (offer_inv N). Notation chan_value := (chan_value lap). Notation words_value := (words_value lap).

  Definition shows_whom m Ls Lr (s r : bool) : Prop := (crowd m Ls = true → s = true) ∧ (crowd m Lr = true → r = true).
  (** where a push offers it is open, and no pop is in line *)
  Definition may_offer o m (Lr : list (loc * party)) : Prop := o = true → m = false ∧ Lr = [].
  Lemma state_intro c o m Ls Lr s r :
    (m = true → Ls = [] ∧ Lr = []) → Ls = [] ∨ Lr = [] → may_offer o m Lr → shows_whom m Ls Lr s r →
    open c m -∗ offer_inv c o -∗ marks c s r -∗ parties c true Ls -∗ parties c false Lr -∗ state c o m Ls Lr.
  Proof. iIntros (HP1 HP2 HP3 HP4) "$ $ H $ $". iSplitL; last (iPureIntro; naive_solver). iExists s, r. by iFrame. Qed.
  Lemma chan_inv_intro c k o m Ls Lr s r :
    (m = true → Ls = [] ∧ Lr = []) → Ls = [] ∨ Lr = [] → may_offer o m Lr → shows_whom m Ls Lr s r →
    knows c k -∗ open c m -∗ offer_inv c o -∗ marks c s r -∗ parties c true Ls -∗ parties c false Lr -∗ chan_inv c.
  Proof.
    iIntros (HP1 HP2 HP3 HP4) "Hk H1 H2 H3 H4 H5". iSplitL "Hk"; first by iExists k.
    iExists o, m, Ls, Lr. by iApply (state_intro with "H1 H2 H3 H4 H5").
  Qed.

  Lemma is_closed_spec c m (rv : val) :
    {{{ open c m }}} is_closed (channel_value c rv) {{{ RET #m; open c m }}}.
  Proof. iIntros (Φ) "Ho HΦ". wp_lam. wp_pures. wp_load. destruct m; wp_pures; by iApply "HΦ". Qed.

  (** ** A push and a pop under the lock *)
  (** whom a push has claimed, and what it owes that one *)
  Definition whom (q : option (option loc)) : val :=
    match q with None => NONEV | Some (Some a) => SOMEV (InjLV #a) | Some None => SOMEV (InjRV #()) end.
  Definition owes c (v : val) (q : option (option loc)) : iProp Σ :=
    match q with
    | None => True
    | Some (Some a) => to_give N 0 c v a
    | Some None => ∃ Ψ, claims c Ψ ∗ Ψ (#(code moved), v)%V
    end.
  (** what an attempt leaves behind; "none" leaves who waits with what it wants, and nobody of the other side in line, or at the seat *)
  Definition tried_push c waits (v : val) (Φ : val → iProp Σ) (x : answer) : iProp Σ :=
    match x with
    | unfinished => False
    | none => (knows c 1 ∗ ∃ o Ls, state c o false Ls []) ∗ if waits then push_update c true v Φ else Φ #(code none)
    | _ => chan_inv c ∗ Φ #(code x)
    end.
  Lemma push_or_claim_spec c waits v Φ :
    {{{ is_words c ∗ chan_inv c ∗ push_update c waits v Φ }}} push_or_claim (chan_value c) v
    {{{ x q, RET (#(code x), whom q); owes c v q ∗ tried_push c waits v Φ x }}}.
  Proof.
    iIntros (Ψ) "(#Hw & [Hk Hi] & AU) HΨ". iDestruct "Hk" as (k) "Hk". iDestruct "Hi" as (o m Ls Lr) "(Ho & Hof & Hws & HLs & HLr & %HP)".
    wp_lam. wp_pures. wp_apply (is_closed_spec with "Ho"). iIntros "Ho". destruct m; wp_pures.
    { iMod (locked_step N idle lap c true (Φ #(code closed)) with "Hw Ho [AU]") as "[Ho HΦ]".
      { iIntros "Hc". by iApply (push_commit _ _ _ _ _ _ closed with "AU Hc"). }
      iModIntro. iApply ("HΨ" $! closed None). iSplit; first done. iFrame "HΦ". iSplitL "Hk"; first by iExists k.
      iExists o, true, Ls, Lr. by iFrame. }
    (* who sits *)
    wp_bind (If (seems_open _) _ _). iApply (wp_wand _ _ _ (λ d, ∃ b : bool, ⌜d = #b⌝ ∗ knows c 1 ∗
      if b then ∃ Ψ, claims c Ψ ∗ Φ #(code moved) ∗ Ψ (#(code moved), v)%V else push_update c waits v Φ)%I with "[Hk AU]").
    { wp_pures. wp_apply (seems_open_spec with "[$Hw $Hk]"). iIntros ([]) "Hk"; wp_pures; last (iExists false; by iFrame).
      wp_apply (claim_seat_spec N idle lap c true k (push_update c waits v Φ) (λ Ψ, Φ #(code moved) ∗ Ψ (#(code moved), v)%V)%I
        with "[$Hw $Hk $AU]").
      { iIntros (Ψ') "AU AU' Hc". iApply (meet with "AU AU' Hc"). }
      iIntros (b) "[Hk H]". iExists b. by iFrame. }
    iIntros (?) "H". iDestruct "H" as (b ->) "[Hk H]". destruct b; wp_pures.
    { iDestruct "H" as (Ψ') "(Hcl & HΦ & HΨ')". iApply ("HΨ" $! moved (Some None)). iModIntro.
      iSplitL "Hcl HΨ'"; first (iExists Ψ'; by iFrame). iFrame "HΦ". iSplitL "Hk"; first by iExists 1%nat.
      iExists o, false, Ls, Lr. by iFrame. }
    iRename "H" into "AU".
    wp_apply (take_spec with "HLr"). iIntros ([a|]) "H"; wp_pures; iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]"; last first.
    { iDestruct "H" as "[-> HLr]".
      iDestruct (state_intro c o false Ls [] s r with "Ho Hof Hws HLs HLr") as "Hs"; [done|by right|done..|]. destruct waits.
      - iApply ("HΨ" $! none None). iModIntro. iSplit; first done. iFrame "AU Hk". iExists o, Ls. by iFrame.
      - iDestruct "Hs" as "(Ho & Hs)".
        iMod (locked_step N idle lap c false (Φ #(code none)) with "Hw Ho [AU]") as "[Ho HΦ]".
        { iIntros "Hc". by iApply (push_commit _ _ _ _ _ _ none with "AU Hc"). }
        iModIntro. iApply ("HΨ" $! none None). iSplit; first done. iFrame "HΦ Hk". iExists o, Ls. iFrame "Ho Hs". }
    iDestruct "H" as (P L' Φ' ->) "(HLr & Hcl & Hsv & Hwt)". destruct HP as (_ & [->|?] & HP); last done.
    assert (o = false) as -> by (destruct o; [by destruct (HP eq_refl)|done]).
    iDestruct "Hwt" as (v0) "[Hv AU']". iMod (exchange with "Hw Ho AU AU'") as "(Ho & HΦ & HΦ')".
    iApply ("HΨ" $! moved (Some (Some a))). iModIntro. iSplitR "HΦ Ho Hof HLs HLr Hws Hk"; first (iExists P, Φ', v0; iFrame).
    iFrame "HΦ". iApply (chan_inv_intro c 1 false false [] L' s r with "Hk Ho Hof Hws HLs HLr"); [done|by left|done|].
    split; [done|intros _; by apply Hr].
  Qed.

  Definition tried_pop c waits (Φ : val → iProp Σ) (x : answer) (v : val) : iProp Σ :=
    match x with
    | unfinished => False
    | none => ⌜v = #()⌝ ∗ ((∃ k, knows c k) ∗ ∃ Lr, state c false false [] Lr) ∗ if waits then pop_update c true Φ else Φ (#(code none), #())%V
    | _ => chan_inv c ∗ Φ (#(code x), v)%V
    end.
  Lemma pop_locked_spec c waits Φ :
    {{{ is_words c ∗ chan_inv c ∗ pop_update c waits Φ }}} pop_locked (chan_value c)
    {{{ x v s, RET ((#(code x), v), ptr s); rings c s ∗ tried_pop c waits Φ x v }}}.
  Proof.
    iIntros (Ψ) "(#Hw & [Hk Hi] & AU) HΨ". iDestruct "Hk" as (k) "Hk". iDestruct "Hi" as (o m Ls Lr) "(Ho & Hof & Hws & HLs & HLr & %HP)".
    iDestruct "Hws" as (sh r) "[Hws [%Hsh %Hr]]". wp_lam. wp_pures.
    wp_apply (take_offer_spec N idle lap c waits m o Φ with "[$Hw $Ho $Hof $AU]"); first by intros ->; apply HP.
    iIntros (u) "(Ho & Hof & H)". destruct u as [u|]; wp_pures.
    { iApply ("HΨ" $! moved u None). iModIntro. iSplit; first done. iFrame "H".
      iApply (chan_inv_intro c k false m Ls Lr sh r with "Hk Ho Hof Hws HLs HLr"); [apply HP|apply HP|done|by split]. }
    iDestruct "H" as "[-> AU]". wp_apply (take_spec with "HLs"). iIntros ([a|]) "H"; wp_pures; last first.
    { iDestruct "H" as "[-> HLs]". wp_apply (is_closed_spec with "Ho"). iIntros "Ho". destruct m; wp_pures.
      { iMod (locked_step N idle lap c true (Φ (#(code closed), #())%V) with "Hw Ho [AU]") as "[Ho HΦ]".
        { iIntros "Hc". by iApply (pop_refuse _ _ _ _ closed with "AU Hc"). }
        iModIntro. iApply ("HΨ" $! closed #() None). iSplit; first done. iFrame "HΦ".
        iApply (chan_inv_intro c k false true [] Lr sh r with "Hk Ho Hof Hws HLs HLr"); [apply HP|by left|done|by split]. }
      iDestruct (state_intro c false false [] Lr sh r with "Ho Hof Hws HLs HLr") as "Hs"; [done|by left|done|by split|]. destruct waits.
      - iApply ("HΨ" $! none #() None). iModIntro. iSplit; first done. iSplit; first done. iFrame "AU". iSplitL "Hk"; first by iExists k. iExists Lr. by iFrame.
      - iDestruct "Hs" as "(Ho & Hs)".
        iMod (locked_step N idle lap c false (Φ (#(code none), #())%V) with "Hw Ho [AU]") as "[Ho HΦ]".
        { iIntros "Hc". by iApply (pop_refuse _ _ _ _ none with "AU Hc"). }
        iModIntro. iApply ("HΨ" $! none #() None). iSplit; first done. iSplit; first done. iFrame "HΦ". iSplitL "Hk"; first by iExists k.
        iExists Lr. iFrame "Ho Hs". }
    iDestruct "H" as (P L' Φ' ->) "(HLs & Hcl & Hsv & Hwt)". destruct HP as (HP & [?| ->] & _); first done.
    assert (m = false) as -> by (destruct m; [by destruct HP|done]).
    iDestruct "Hwt" as (v) "[Hv AU']". iMod (exchange with "Hw Ho AU' AU") as "(Ho & HΦ' & HΦ)".
    iDestruct "Hcl" as "(#Iw & Hq & Hst & Ha & Hf)". wp_load. wp_pures. wp_load. wp_pures. wp_store. wp_pures.
    iApply ("HΨ" $! moved v (Some a)). iModIntro. iSplitR "HΦ Ho Hof HLs HLr Hws Hk".
    { iExists true, P, Φ', true. iFrame "Iw Hq Hst Ha Hf Hsv". iExists v. iFrame. }
    iFrame "HΦ". iApply (chan_inv_intro c k false false L' [] sh r with "Hk Ho Hof Hws HLs HLr"); [done|by right|done|].
    split; [intros _; by apply Hsh|done].
  Qed.

  (** ** Into a line, and out of it by who gives up *)
  Lemma line_up_sender_spec c o Ls a w e v Φ :
    {{{ is_words c ∗ (knows c 1 ∗ state c o false Ls []) ∗ node w e a ∗ e ↦ v ∗ push_update c true v Φ }}}
      line_up_sender (chan_value c) #a
    {{{ RET #true; chan_inv c ∗ ∃ P, ⌜p_waiter P = w ∧ p_element P = e⌝ ∗ waiting c true a P Φ }}}.
  Proof.
    iIntros (Ψ) "(#Hw & (Hk & Ho & Hof & Hws & HLs & HLr & %HP) & (Hf & Ha & Hsv & Hb) & Hv & AU) HΨ". wp_lam. wp_pures.
    iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]". wp_apply (senders_shown_spec with "[$Hw $Ho $Hws]"). iIntros "[Ho Hws]". wp_pures.
    wp_apply (append_party with "[$HLs $Hf $Ha $Hsv $Hb Hv AU]"); first (iExists v; iFrame).
    iIntros (P) "(%HPw & HLs & Hwt)". wp_pures. iApply "HΨ". iModIntro. iSplitR "Hwt"; last (iExists P; by iFrame).
    iApply (chan_inv_intro c 1 o false (Ls ++ [(a, P)]) [] with "Hk Ho Hof Hws HLs HLr"); [done|by right|done|by split].
  Qed.
  Lemma line_up_receiver_spec c Lr a w e v Φ :
    {{{ is_words c ∗ ((∃ k, knows c k) ∗ state c false false [] Lr) ∗ node w e a ∗ e ↦ v ∗ pop_update c true Φ }}}
      line_up_receiver (chan_value c) #a
    {{{ RET #true; chan_inv c ∗ ∃ P, ⌜p_waiter P = w ∧ p_element P = e⌝ ∗ waiting c false a P Φ }}}.
  Proof.
    iIntros (Ψ) "(#Hw & (Hk & Ho & Hof & Hws & HLs & HLr & %HP) & (Hf & Ha & Hsv & Hb) & Hv & AU) HΨ". wp_lam. wp_pures.
    iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]". iDestruct "Hk" as (k) "Hk".
    wp_apply (receivers_shown_spec with "[$Hw $Ho $Hws $Hk]"); first by left. iIntros "(Ho & Hws & Hk)". wp_pures.
    wp_apply (append_party with "[$HLr $Hf $Ha $Hsv $Hb Hv AU]"); first (iExists v; iFrame).
    iIntros (P) "(%HPw & HLr & Hwt)". wp_pures. iApply "HΨ". iModIntro. iSplitR "Hwt"; last (iExists P; by iFrame).
    iApply (chan_inv_intro c k false false [] (Lr ++ [(a, P)]) with "Hk Ho Hof Hws HLs HLr"); [done|by left|done|by split].
  Qed.

  (** the last pop in line may have left *)
  Lemma no_more_receivers_spec c L s k :
    {{{ is_words c ∗ open c false ∗ marks c s true ∗ parties c false L ∗ knows c k }}}
      (if: is_empty #(c_line c false) && ~ seems_open (seat_of (chan_value c)) then receivers_shown (chan_value c) #false else #())
    {{{ v k r, RET v; open c false ∗ parties c false L ∗ marks c s r ∗ knows c k ∗ ⌜crowd false L = true → r = true⌝ }}}.
  Proof.
    iIntros (Φ) "(#Hw & Ho & Hws & HL & Hk) HΦ". wp_apply (line_empty with "HL"). iIntros "HL". destruct L as [|y L].
    - rewrite bool_decide_true //. wp_pures. wp_apply (seems_open_spec with "[$Hw $Hk]"). iIntros ([]) "Hk"; wp_pures.
      + iApply ("HΦ" $! _ k true). by iFrame.
      + wp_apply (receivers_shown_spec with "[$Hw $Ho $Hws $Hk]"); first by right. iIntros "(Ho & Hws & Hk)".
        iApply ("HΦ" $! _ 1%nat false). by iFrame.
    - rewrite bool_decide_false //. wp_pures. iApply ("HΦ" $! _ k true). by iFrame.
  Qed.

  (** ** Down at the seat *)
  Lemma sit_down_spec c Lr Φ :
    {{{ is_words c ∗ ((∃ k, knows c k) ∗ state c false false [] Lr) ∗ pop_update c true Φ }}} sit_down (chan_value c)
    {{{ (b : bool), RET #b; if b then chan_inv c ∗ sits c Φ else ((∃ k, knows c k) ∗ state c false false [] Lr) ∗ pop_update c true Φ }}}.
  Proof.
    iIntros (Ψ) "(#Hw & [Hk Hs] & AU) HΨ". iDestruct "Hk" as (k) "Hk". wp_lam. wp_apply nondet_bool_spec; first done.
    iIntros ([]) "_"; wp_pures.
    { iApply "HΨ". iFrame. by iExists k. }
    iDestruct "Hs" as "(Ho & [Hof Hno] & Hws & HLs & HLr & %HP)". wp_apply (line_empty with "HLr"). iIntros "HLr".
    case_bool_decide as HLr; wp_pures; last first.
    { iApply "HΨ". iModIntro. iFrame "AU". iSplitL "Hk"; first by iExists k. by iFrame. }
    wp_apply (is_vacant_spec with "[$Hw $Hk $Hof]"). iIntros ([]) "[Hof Hk]"; wp_pures; last first.
    { iApply "HΨ". iModIntro. iFrame "AU". iSplitL "Hk"; first by iExists k. by iFrame. }
    iDestruct "Hk" as "[Hk _]". iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]".
    wp_apply (receivers_shown_spec with "[$Hw $Ho $Hws $Hk]"); first by left. iIntros "(Ho & (Hws & Hms & Hmr) & Hk)". wp_pures.
    wp_apply (sit_spec with "[$Hw $Hk $Ho $Hws $AU]"). iIntros (k') "(Hk & Ho & Hws & Hsit)". wp_pures. iApply "HΨ". iFrame "Hsit".
    iModIntro. iApply (chan_inv_intro c k' false false [] Lr s true with "Hk Ho [$Hof $Hno] [$Hws $Hms $Hmr] HLs HLr"); [done|by left|done|by split].
  Qed.

  Lemma leave_senders_spec c a P Φ :
    {{{ is_words c ∗ chan_inv c ∗ waiting c true a P Φ }}} leave_senders (chan_value c) #a
    {{{ (b : bool), RET #b; chan_inv c ∗ if b then frame a (p_waiter P) ∗ wants c true (p_element P) Φ else waiting c true a P Φ }}}.
  Proof.
    iIntros (Ψ) "(#Hw & [Hk Hi] & Hwt) HΨ". iDestruct "Hk" as (k) "Hk". iDestruct "Hi" as (o m Ls Lr) "(Ho & Hof & Hws & HLs & HLr & %HP)".
    wp_lam. wp_pures. wp_apply (leave_spec with "[$HLs $Hwt]"). iIntros ([]) "H"; wp_pures; last first.
    { iDestruct "H" as "[HLs Hwt]". iApply "HΨ". iModIntro. iFrame "Hwt". iSplitL "Hk"; first by iExists k. iExists o, m, Ls, Lr. by iFrame. }
    iDestruct "H" as (A B ->) "(HLs & Hf & Hwt)". destruct HP as (HP & [Hn| ->] & HPo); first by destruct A.
    assert (m = false) as -> by (destruct m; [destruct HP; [done|by destruct A]|done]).
    iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]".
    rewrite (Hs _); last by destruct A. wp_apply (no_more_senders_spec with "[$Hw $Ho $Hws $HLs]").
    iIntros (?) "(Ho & HLs & Hws)". wp_pures. iApply "HΨ". iModIntro. iFrame "Hf Hwt".
    iApply (chan_inv_intro c k o false (A ++ B) [] with "Hk Ho Hof Hws HLs HLr"); [done|by right|done|by split].
  Qed.
  Lemma leave_receivers_spec c a P Φ :
    {{{ is_words c ∗ chan_inv c ∗ waiting c false a P Φ }}} leave_receivers (chan_value c) #a
    {{{ (b : bool), RET #b; chan_inv c ∗ if b then frame a (p_waiter P) ∗ wants c false (p_element P) Φ else waiting c false a P Φ }}}.
  Proof.
    iIntros (Ψ) "(#Hw & [Hk Hi] & Hwt) HΨ". iDestruct "Hk" as (k) "Hk". iDestruct "Hi" as (o m Ls Lr) "(Ho & Hof & Hws & HLs & HLr & %HP)".
    wp_lam. wp_pures. wp_apply (leave_spec with "[$HLr $Hwt]"). iIntros ([]) "H"; wp_pures; last first.
    { iDestruct "H" as "[HLr Hwt]". iApply "HΨ". iModIntro. iFrame "Hwt". iSplitL "Hk"; first by iExists k. iExists o, m, Ls, Lr. by iFrame. }
    iDestruct "H" as (A B ->) "(HLr & Hf & Hwt)". destruct HP as (HP & [->|Hn] & HPo); last by destruct A.
    assert (m = false) as -> by (destruct m; [destruct HP; [done|by destruct A]|done]).
    iDestruct "Hws" as (s r) "[Hws [%Hs %Hr]]".
    rewrite (Hr _); last by destruct A. wp_apply (no_more_receivers_spec with "[$Hw $Ho $Hws $HLr $Hk]").
    iIntros (? k' r') "(Ho & HLr & Hws & Hk & %Hr')". wp_pures. iApply "HΨ". iModIntro. iFrame "Hf Hwt".
    iApply (chan_inv_intro c k' o false [] (A ++ B) with "Hk Ho Hof Hws HLs HLr"); [done|by left| |by split].
    intros ->. by destruct (HPo eq_refl) as [_ ?], A.
  Qed.
End locked.
